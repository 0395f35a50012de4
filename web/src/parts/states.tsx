// Loading, failed, denied, empty: every page says which of them it is in, in the same way.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ApiError } from "../api/client";
import type { Formats } from "../format";
import { useReader } from "../preferences";
import type { Texts } from "../texts/en";

export function Waiting() {
  const { t } = useReader();
  return (
    <Box textAlign="center" padding="xxl">
      <SpaceBetween direction="horizontal" size="xs" alignItems="center">
        <Spinner />
        <span role="status">{t.states.loading}</span>
      </SpaceBetween>
    </Box>
  );
}

/** What to tell a person of a failed request: what the console said, else what it means. */
export function textOfProblem(problem: ApiError, t: Texts, f: Formats): string {
  const said = problem.status === 0 ? t.states.unreachable : problem.detail || `HTTP ${problem.status}`;
  return problem.retryAfter === undefined ? said : `${said} ${t.states.wait(f.duration(problem.retryAfter))}`;
}

export function Failure({ problem, again, isStale }: { problem: Error; again(): void; isStale: boolean }) {
  const { t, f } = useReader();
  const isDenied = problem instanceof ApiError && problem.status === 403;
  const text = problem instanceof ApiError ? textOfProblem(problem, t, f) : problem.message;
  return (
    <Alert
      type={isDenied ? "warning" : "error"}
      header={isDenied ? t.states.denied : t.states.failed}
      action={<Button onClick={again}>{t.states.tryAgain}</Button>}
    >
      {isStale ? `${text} ${t.states.stale}` : text}
    </Alert>
  );
}

/** The data of a query; before, and where it failed, that. What was there before stays, and is said to be of before. */
export function Loaded<T>({ query, children }: { query: UseQueryResult<T>; children(data: T): ReactNode }) {
  const { t } = useReader();
  const again = () => void query.refetch();
  const failure = query.error && (
    <Failure problem={query.error} again={again} isStale={query.data !== undefined} />
  );
  if (query.data !== undefined) {
    return failure ? <SpaceBetween size="m">{failure}{children(query.data)}</SpaceBetween> : children(query.data);
  }
  if (failure) return failure;
  if (query.fetchStatus === "fetching") return <Waiting />;
  return <Alert type="info" action={<Button onClick={again}>{t.states.load}</Button>}>{t.states.notLoaded}</Alert>;
}

export function Empty({ title, text }: { title: string; text: string }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }}>
      <Box variant="strong">{title}</Box>
      <Box variant="p" color="text-body-secondary">{text}</Box>
    </Box>
  );
}
