// Before a person is known: who are you? Or, where there is nobody yet: be the first.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState, type FormEvent } from "react";

import { ApiError } from "../api/client";
import { Failure, textOfProblem } from "../parts/states";
import { useReader } from "../preferences";
import { useAccess, type Presence } from "../session";

interface EntryProps {
  label: string;
  hint?: string;
  type?: InputProps["type"];
  autoComplete: string;
  value: string;
  error?: string;
  autoFocus?: boolean;
  onChange(value: string): void;
}

function Entry({ label, hint, type, autoComplete, value, error, autoFocus, onChange }: EntryProps) {
  return (
    <FormField label={label} constraintText={hint} errorText={error}>
      <Input
        type={type ?? "text"}
        autoComplete={autoComplete}
        spellcheck={false}
        autoFocus={autoFocus}
        value={value}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}

// Sends a form once at a time, and keeps what came of it.
function useSending(send: () => Promise<void>) {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const submit = async () => {
    setIsBusy(true);
    setProblem(undefined);
    try {
      await send();
    } catch (failed) {
      setProblem(failed instanceof ApiError ? failed : new ApiError(0, ""));
      setIsBusy(false);
    }
  };
  return { isBusy, problem, submit };
}

function SignIn({ hasEnded }: { hasEnded: boolean }) {
  const { t, f } = useReader();
  const { signIn } = useAccess();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [isTried, setIsTried] = useState(false);
  const { isBusy, problem, submit } = useSending(() => signIn(name.trim(), password, code.trim()));
  const missing = (value: string) => (isTried && value === "" ? t.signIn.needed : undefined);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (name && password) void submit();
  };
  const said = problem && (problem.status === 401 ? t.signIn.refused
    : problem.status === 429 ? t.signIn.wait(f.duration(problem.retryAfter ?? 60)) : textOfProblem(problem, t, f));
  return (
    <form onSubmit={onSubmit} noValidate>
      <Container header={<Header variant="h1">{t.signIn.title}</Header>}>
        <Form
          actions={<Button variant="primary" formAction="submit" loading={isBusy}>{t.signIn.submit}</Button>}
        >
          <SpaceBetween size="m">
            {hasEnded && !said && <Alert type="info">{t.signIn.ended}</Alert>}
            {said && <Alert type="error" header={t.signIn.failed}>{said}</Alert>}
            <Entry label={t.signIn.name} autoComplete="username" autoFocus value={name} onChange={setName}
              error={missing(name)} />
            <Entry label={t.signIn.password} type="password" autoComplete="current-password" value={password}
              onChange={setPassword} error={missing(password)} />
            <Entry label={t.signIn.code} hint={t.signIn.codeHint} autoComplete="one-time-code" value={code}
              onChange={setCode} />
          </SpaceBetween>
        </Form>
      </Container>
    </form>
  );
}

function Setup() {
  const { t, f } = useReader();
  const { makeFirstPerson } = useAccess();
  const [token, setToken] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  const [isTried, setIsTried] = useState(false);
  const { isBusy, problem, submit } = useSending(() => makeFirstPerson(token.trim(), name.trim(), password));
  const missing = (value: string) => (isTried && value === "" ? t.signIn.needed : undefined);
  const differ = isTried && password !== repeated ? t.setup.differ : undefined;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (token && name && password && password === repeated) void submit();
  };
  const said = problem && (problem.status === 401 ? t.setup.refused : textOfProblem(problem, t, f));
  return (
    <form onSubmit={onSubmit} noValidate>
      <Container header={<Header variant="h1" description={t.setup.text}>{t.setup.title}</Header>}>
        <Form
          actions={<Button variant="primary" formAction="submit" loading={isBusy}>{t.setup.submit}</Button>}
        >
          <SpaceBetween size="m">
            {said && <Alert type="error" header={t.setup.failed}>{said}</Alert>}
            <Entry label={t.setup.token} hint={t.setup.tokenHint} autoComplete="off" autoFocus value={token}
              onChange={setToken} error={missing(token)} />
            <Entry label={t.setup.name} hint={t.setup.nameHint} autoComplete="username" value={name}
              onChange={setName} error={missing(name)} />
            <Entry label={t.setup.password} hint={t.setup.passwordHint} type="password" autoComplete="new-password"
              value={password} onChange={setPassword} error={missing(password)} />
            <Entry label={t.setup.repeat} type="password" autoComplete="new-password" value={repeated}
              onChange={setRepeated} error={missing(repeated) ?? differ} />
          </SpaceBetween>
        </Form>
      </Container>
    </form>
  );
}

export default function Entrance({ presence }: { presence: Exclude<Presence, { kind: "somebody" | "asking" }> }) {
  const { t } = useReader();
  const { ask } = useAccess();
  useEffect(() => {
    document.title = t.product;
  }, [t]);
  return (
    <main className="entrance">
      <SpaceBetween size="l">
        <Box textAlign="center" fontSize="heading-xl" fontWeight="bold">{t.product}</Box>
        {presence.kind === "unreachable" && (
          <Failure problem={presence.problem} again={() => void ask()} isStale={false} />
        )}
        {presence.kind === "nobody" &&
          (presence.setupIsNeeded ? <Setup /> : <SignIn hasEnded={presence.hasEnded} />)}
      </SpaceBetween>
    </main>
  );
}
