"""What may be wrong for a while. Each fault has a `begin` and an `end`, says how often it was met, and what the log must say of it.

Faults that take hold of the same part of the world (`holds`) cannot overlap.
"""
import itertools
import pathlib
import random
import threading

import relay as relays

SERVICES = ("s3", "sqs", "sns", "logs", "sts")
# How long it takes until agents give up what nobody answers: a connection, a transfer.
CONNECT_SECONDS, STALL_SECONDS = 20, 45


class Fault:
    holds = frozenset()
    # What a line of an agent's log must hold, and how long the fault must last before it can.
    says, says_after = None, 0

    def __init__(self, name):
        self.name = name
        self._lock, self._met = threading.Lock(), 0

    def begin(self, world):
        raise NotImplementedError

    def end(self, world):
        raise NotImplementedError

    def why_not(self, world):
        """Why it cannot be played here, or None."""

    def met(self):
        """How often agents ran into it."""
        return self._met

    def meet(self):
        with self._lock:
            self._met += 1

    # ---- as a relay sees it ----

    def face(self, connection):
        """See `Relay`."""

    def becomes(self, request):
        """See `Relay`."""


class AtRelay(Fault):
    """In force while the relay asks it."""

    def begin(self, world):
        world.relay.faults.insert(0, self)

    def end(self, world):
        world.relay.faults.remove(self)


# ---- requests ----

class Answers(AtRelay):
    """Something else becomes of the requests that it concerns; of one way after another, where there are more."""

    def __init__(self, name, *ways, concerns=lambda request: True, says=None, says_after=0):
        super().__init__(name)
        self._ways, self._concerns = itertools.cycle(ways), concerns
        self.says, self.says_after = says, says_after

    def becomes(self, request):
        if not self._concerns(request):
            return None
        self.meet()
        return next(self._ways)


class ServiceAway(Answers):
    WAYS = {"errors": relays.error(503, "ServiceUnavailable"), "silent": relays.silence, "closed": relays.close}
    # Where a service's absence shows.
    SAYS = {"sqs": "no messages can be received", "s3": "GetObject|HeadObject|PutObjectTagging", "sts": "AssumeRole",
            "sns": 'results.not_taken","destination":"notifications', "logs": 'results.not_taken","destination":"cloudwatch'}

    def __init__(self, service, way):
        super().__init__(f"{service}-{way}", self.WAYS[way], concerns=lambda request: request.service == service,
                         says=self.SAYS[service], says_after=STALL_SECONDS)
        self.holds = frozenset({service, "credentials"} if service == "sts" else {service})
        self._service = service

    def begin(self, world):
        super().begin(world)
        if self._service == "sts":
            world.relay.end_sessions()   # Or nobody has a reason to ask.

    def end(self, world):
        super().end(world)
        world.relay.end_silence()


# ---- connections ----

class HalfOpen(Fault):
    """Whatever is connected now is never answered again, also afterwards; who connects anew is."""
    holds = frozenset({"connections"})

    def begin(self, world):
        for connection in world.relay.connections():
            connection.killer = self

    def end(self, world):
        pass


class Silent(AtRelay):
    """Nobody answers anything."""
    holds, says, says_after = frozenset({"connections"}), "stalled|cannot connect|no complete reply", STALL_SECONDS

    def face(self, connection):
        self.meet()
        return relays.Connection.hold

    def becomes(self, request):
        self.meet()
        return relays.silence

    def end(self, world):
        super().end(world)
        world.relay.end_silence()


class Face(AtRelay):
    """Who connects is shown something else than the cloud; and everybody has to connect anew."""
    holds = frozenset({"connections"})

    def __init__(self, name, face, says):
        super().__init__(name)
        self._face, self.says = face, says

    def begin(self, world):
        super().begin(world)
        world.relay.drop_connections()

    def end(self, world):
        super().end(world)
        world.relay.drop_connections()

    def face(self, connection):
        self.meet()
        return self._face


class Unseen(Fault):
    """One of which the relay sees nothing, so agents are asked how often they could not receive anything."""

    def __init__(self, name):
        super().__init__(name)
        self._world, self._before = None, 0

    def begin(self, world):
        self._world, self._before = world, world.receive_failures()
        self.away(world)

    def met(self):
        return int(self._world.receive_failures() - self._before)

    def away(self, world):
        raise NotImplementedError


class Refused(Unseen):
    """Nothing listens there."""
    holds, says = frozenset({"connections"}), "cannot connect to"

    def away(self, world):
        world.relay.close()

    def end(self, world):
        world.relay.open()


class Backlog(Fault):
    """Somebody listens and accepts nothing."""
    holds, says, says_after = frozenset({"connections"}), "cannot connect to", CONNECT_SECONDS

    def __init__(self, name):
        super().__init__(name)
        self._port = None

    def begin(self, world):
        self._port = world.relay.port
        world.relay.clog()

    def met(self):
        """How many wait for a connection now."""
        return connecting_to(self._port)

    def end(self, world):
        world.relay.unclog()


class Names(Unseen):
    """No name is found any more, and everybody has to connect anew."""
    holds, says = frozenset({"connections", "clock"}), "cannot resolve"
    # libcurl keeps a name for a minute. To one agent it seems that two have passed; AWS takes no offence before five.
    LEAP = "+120"

    def why_not(self, world):
        return None if world.has_own_names else "mount namespaces need root"

    def away(self, world):
        world.names.write_text("127.0.0.1 localhost\n")
        world.set_clock(self.LEAP)
        world.relay.drop_connections()

    def end(self, world):
        world.names.write_text(world.all_names)
        world.set_clock("+0")


# ---- credentials ----

class Expired(Fault):
    """Every session that is in use now is over, says the cloud."""
    holds = frozenset({"credentials"})

    def __init__(self, name):
        super().__init__(name)
        self._relay, self._before = None, 0

    def begin(self, world):
        self._relay, self._before = world.relay, world.relay.sessions_refused
        world.relay.end_sessions()

    def end(self, world):
        pass

    def met(self):
        return self._relay.sessions_refused - self._before


class NoneToBeHad(Fault):
    """Sessions are over, and who should give new ones does not."""
    holds = frozenset({"credentials"})

    def __init__(self, name, mode, says):
        super().__init__(name)
        self._mode, self.says, self._issuer, self._before = mode, says, None, 0

    def begin(self, world):
        self._issuer = world.issuer
        self._before = world.issuer.asked[self._mode]
        world.issuer.mode = self._mode
        world.relay.end_sessions()

    def end(self, world):
        world.issuer.mode = "new"

    def met(self):
        return self._issuer.asked[self._mode] - self._before


# ---- clock ----

class Clock(Fault):
    """That of one agent is off."""
    holds, says, says_after = frozenset({"clock"}), '"aws.clock_skew"|this machine\'s clock', 0

    def __init__(self, name, offset):
        super().__init__(name)
        self._offset, self._world, self._before = offset, None, 0

    def begin(self, world):
        self._world, self._before = world, self._told(world)
        world.set_clock(self._offset)

    def end(self, world):
        world.set_clock("+0")

    @staticmethod
    def _told(world):
        return world.log_lines('"aws.clock_skew"')

    def met(self):
        return self._told(self._world) - self._before


# ---- all of them ----

def connecting_to(port):
    """How many connections to it are asked for and not made, by the kernel's table."""
    asked_for = "02"
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == asked_for for row in rows)


def strangers():
    """Something answers in place of the cloud, each time otherwise."""
    return Answers("strangers", *map(relays.page, (302, 403, 404, 412, 200, 503)), *map(relays.bare, (404, 503)))


def of_requests():
    yield strangers()
    yield Answers("closed", relays.close)
    yield Answers("cut", relays.cut)
    yield Answers("swallowed", relays.swallow)
    yield Answers("kms", relays.error(400, "ThrottlingException"), relays.error(503, "KMS.DependencyTimeoutException"),
                  concerns=lambda request: request.reads_an_object and "/load-" in request.path, says="Throttling",
                  says_after=STALL_SECONDS)


def of_connections():
    yield Names("dns")
    yield Face("tls-other-name", "other-name", "certificate not accepted")
    yield Face("tls-expired", "expired", "certificate not accepted")
    yield Face("tls-not-at-all", relays.Relay.PLAIN, "no secure connection")
    yield Refused("refused")
    yield Backlog("backlog")
    yield Silent("silent")


def of_services(ways_of):
    """`ways_of`: in which ways each is away."""
    for service in SERVICES:
        for way in ways_of(service):
            yield ServiceAway(service, way)


def of_identity_and_time():
    yield Expired("credentials-expired")
    yield NoneToBeHad("credentials-away", "away", "cannot be renewed|no AWS credentials|container credentials")
    yield NoneToBeHad("credentials-old", "old", "have expired already|cannot be renewed")
    yield Answers("keys-unknown", relays.KEYS_UNKNOWN, says="InvalidAccessKeyId|UnrecognizedClient|InvalidClientTokenId")
    yield Clock("clock-ahead", "+3600")
    yield Clock("clock-behind", "-3600")


def in_order(ways_of):
    """What objects fail at comes first, so that their messages have waited long before the round is over; and last what keeps agents busy
    for half a minute afterwards, so that nothing that follows would meet them at work."""
    return [*of_requests(), *of_connections(), *of_services(ways_of), *of_identity_and_time(), HalfOpen("half-open")]


def everything():
    return in_order(lambda service: ServiceAway.WAYS)


def shortened(seed):
    """As everything, with one way to be away for each service."""
    dice = random.Random(seed)
    return in_order(lambda service: [dice.choice(list(ServiceAway.WAYS))])


def act_of(names):
    """Faults by their names, with a + in between."""
    there = {fault.name: fault for fault in everything()}
    wrong = [name for name in names.split("+") if name not in there]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is none of: {', '.join(there)}")
    return tuple(there[name] for name in names.split("+"))


def pair(dice):
    """Two that can overlap."""
    while True:
        first, second = dice.sample(everything(), 2)
        if not first.holds & second.holds:
            return first, second
