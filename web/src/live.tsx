// Live or paused. Live: what is shown is asked for anew every ten seconds, and when a person comes back to the page.
// Paused: nothing is asked that a person did not ask for (a page opened, a filter changed, a button pressed), and
// what is under way is called off: who compares two numbers does not want them to move.
import {
  QueryClient, QueryClientProvider, useQuery, useQueryClient, type QueryKey, type UseQueryResult,
} from "@tanstack/react-query";
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";

import { ApiError } from "./api/client";

const EVERY_MS = 10_000;
const ACCOUNT_EVERY_MS = 60_000;
const RETRIES = 2;

const LiveContext = createContext<{ isLive: boolean; toggle(): void }>({ isLive: true, toggle: () => undefined });

export function useLive() {
  return useContext(LiveContext);
}

function LiveSwitch({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [isLive, setIsLive] = useState(true);
  const value = useMemo(() => ({
    isLive,
    toggle: () => {
      if (isLive) void client.cancelQueries();
      else void client.invalidateQueries();
      setIsLive(!isLive);
    },
  }), [client, isLive]);
  return <LiveContext.Provider value={value}>{children}</LiveContext.Provider>;
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const [client] = useState(() => new QueryClient());
  return (
    <QueryClientProvider client={client}>
      <LiveSwitch>{children}</LiveSwitch>
    </QueryClientProvider>
  );
}

/** What `read` gives, kept up to date while the page is live. `key` names the question. */
export function useLiveQuery<T>(key: QueryKey, read: (signal: AbortSignal) => Promise<T>, isWanted = true):
    UseQueryResult<T> {
  return useRepeated(key, read, EVERY_MS, isWanted);
}

/**
 * The same of what the console has to ask the deployment's account for: once a minute, for that takes seconds there,
 * and only four such requests go on at a time.
 */
export function useAccountQuery<T>(key: QueryKey, read: (signal: AbortSignal) => Promise<T>, isWanted = true):
    UseQueryResult<T> {
  return useRepeated(key, read, ACCOUNT_EVERY_MS, isWanted);
}

function useRepeated<T>(key: QueryKey, read: (signal: AbortSignal) => Promise<T>, everyMs: number, isWanted: boolean):
    UseQueryResult<T> {
  const { isLive } = useLive();
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => read(signal),
    enabled: isWanted,
    refetchInterval: isLive ? everyMs : false,
    refetchOnWindowFocus: isLive && everyMs === EVERY_MS,
    refetchOnReconnect: isLive,
    staleTime: isLive ? 0 : Infinity,
    networkMode: "always",
    retry: (failures, problem) =>
      isLive && failures < RETRIES && problem instanceof ApiError && (problem.status === 0 || problem.status === 503),
  });
}

/** The same query with what `pick` makes of its data. */
export function picked<T, U>(query: UseQueryResult<T>, pick: (data: T) => U): UseQueryResult<U> {
  const data = query.data === undefined ? undefined : pick(query.data);
  return { ...query, data } as UseQueryResult<U>;
}
