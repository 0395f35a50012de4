// What the console says that a request would do. It is asked for anew when the request changes, and belongs to
// exactly one: until it is there, nothing can be done.
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useDeferredValue, useId, type ReactNode } from "react";

import { ApiError } from "../api/client";
import { useReader } from "../preferences";
import { Failure, Waiting } from "./states";

export interface Previewed<T> {
  query: UseQueryResult<T>;
  isWanted: boolean;
  /** Why the request cannot be sent yet; undefined: what it does is shown. */
  missing: string | undefined;
}

/** `isWanted`: the request says enough to be asked about. */
export function usePreview<T>(request: unknown, isWanted: boolean, ask: (signal: AbortSignal) => Promise<T>):
    Previewed<T> {
  const { t } = useReader();
  const id = useId(); // A question that is opened anew asks anew.
  const text = JSON.stringify(request);
  const settled = useDeferredValue(text);
  const query = useQuery({
    queryKey: ["preview", id, settled],
    queryFn: ({ signal }) => ask(signal),
    enabled: isWanted && settled === text,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: Infinity,
    gcTime: 0,
    networkMode: "always",
    retry: false,
  });
  const isShown = isWanted && settled === text && query.data !== undefined && !query.isFetching;
  return { query, isWanted, missing: isShown ? undefined : t.ask.noPreview };
}

export function Preview<T>({ preview: { query, isWanted }, children }:
    { preview: Previewed<T>; children(data: T): ReactNode }) {
  if (!isWanted) return null;
  if (query.error instanceof ApiError) {
    return <Failure problem={query.error} again={() => void query.refetch()} isStale={false} />;
  }
  if (query.data === undefined || query.isFetching) return <Waiting />;
  return children(query.data);
}
