import { lazy, Suspense, type ComponentType } from "react";

import { LiveProvider } from "./live";
import { MessagesProvider } from "./messages";
import { Broken } from "./parts/broken";
import { Waiting } from "./parts/states";
import { ReaderProvider } from "./preferences";
import { useAddress } from "./router";
import { Entrance } from "./screens/entrance";
import { NotFound } from "./screens/not_found";
import { AccessProvider, useAccess } from "./session";
import { TopBar } from "./top_bar";

// A page is loaded when somebody goes there: charts weigh as much as everything else.
const SCREENS: Record<string, ComponentType> = {
  "/": lazy(() => import("./screens/dashboard")),
  "/problems": lazy(() => import("./screens/problems")),
  "/results": lazy(() => import("./screens/results")),
  "/agents": lazy(() => import("./screens/agents")),
};

function Screen() {
  const { path } = useAddress();
  const Found = SCREENS[path] ?? NotFound;
  return (
    <Broken key={path}>
      <Suspense fallback={<Waiting />}>
        <Found />
      </Suspense>
    </Broken>
  );
}

function Doors() {
  const { presence } = useAccess();
  if (presence.kind !== "somebody") return <Entrance presence={presence} />;
  return (
    <>
      <TopBar session={presence.session} />
      <Screen />
    </>
  );
}

export function App() {
  return (
    <ReaderProvider>
      <LiveProvider>
        <AccessProvider>
          <MessagesProvider>
            <Doors />
          </MessagesProvider>
        </AccessProvider>
      </LiveProvider>
    </ReaderProvider>
  );
}
