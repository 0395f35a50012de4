import Alert from "@cloudscape-design/components/alert";
import { Component, type ReactNode } from "react";

import { useReader } from "../preferences";

function Apology() {
  const { t } = useReader();
  return (
    <main className="entrance">
      <Alert type="error" header={t.states.brokenTitle}>{t.states.broken}</Alert>
    </main>
  );
}

/** A mistake in one page leaves the others alone. */
export class Broken extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <Apology /> : this.props.children;
  }
}
