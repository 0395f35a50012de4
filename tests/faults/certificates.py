"""Certificates of an authority that only a test knows."""
import subprocess

DAYS = "30"
WITH_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "authority.pem"
        # From long ago, so that it is valid for those whose clock is off.
        self._make("authority", ["-days", "800"], at="-400d")

    def issue(self, name, hosts, at="-2d", days=DAYS):
        """Paths of a certificate for these host names and of its key; valid for `days` from `at` on (`faketime -f`)."""
        names = ",".join(f"DNS:{host}" for host in hosts)
        return self._make(name, ["-days", days, "-CA", str(self.certificate), "-CAkey", str(self.folder / "authority.key"),
                                 "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:FALSE"], at)

    def _make(self, name, options, at):
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        subprocess.run(["faketime", "-f", at, "openssl", "req", "-x509", *WITH_NEW_KEY, "-keyout", str(key), "-out", str(certificate),
                        "-subj", f"/CN={name}", *options], check=True, capture_output=True)
        return certificate, key
