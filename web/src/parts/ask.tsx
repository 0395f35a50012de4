// Every action asks first: it says what it does and what does the same in a shell, and stays open where it fails.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { ApiError } from "../api/client";
import { useTell } from "../messages";
import { useReader } from "../preferences";
import { curlOf, type Call } from "../shell_text";
import { Command } from "./command";
import { textOfProblem } from "./states";

/** What a person is told when it is done; `command` does the same on a command line. */
export interface Done {
  text: string;
  command?: string;
}

interface AskProps {
  title: string;
  /** What it does. */
  text: ReactNode;
  confirm: string;
  /** Nothing: it may go on. Else why not; it is shown once somebody tried. */
  missing?: string;
  isDangerous?: boolean;
  /** The request that is sent; a secret in it makes it nothing to print. */
  call?: Call;
  /** Undefined: the question stays open, and shows what came of it. */
  act(): Promise<Done | undefined>;
  close(): void;
  size?: "medium" | "large";
  /** The fields; `isTried`: somebody wanted to go on although something is missing. */
  children?: ReactNode | ((isTried: boolean) => ReactNode);
}

export function Ask({ title, text, confirm, missing, isDangerous, call, act, close, size, children }: AskProps) {
  const { t, f } = useReader();
  const tell = useTell();
  const client = useQueryClient();
  const [isTried, setIsTried] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [failed, setFailed] = useState<string>();

  const go = async () => {
    setIsTried(true);
    if (missing !== undefined) return;
    setIsBusy(true);
    setFailed(undefined);
    try {
      const done = await act();
      // What a preview said belongs to the request that was just carried out.
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "preview" });
      if (!done) return setIsBusy(false);
      tell("success", done.text, done.command);
      close();
    } catch (error) {
      setFailed(error instanceof ApiError ? textOfProblem(error, t, f) : String(error));
      setIsBusy(false);
    }
  };

  return (
    <Modal
      visible
      size={size ?? "medium"}
      header={title}
      closeAriaLabel={t.ask.cancel}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={close}>{t.ask.cancel}</Button>
            <Button variant="primary" loading={isBusy} onClick={() => void go()}>{confirm}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failed && <Alert type="error" header={t.ask.notDone}>{failed}</Alert>}
        {isTried && missing && <Alert type="error">{missing}</Alert>}
        {isDangerous ? <Alert type="warning">{text}</Alert> : <Box>{text}</Box>}
        {typeof children === "function" ? children(isTried) : children}
        {call && <Command label={t.ask.request}>{curlOf(window.location.origin, call)}</Command>}
      </SpaceBetween>
    </Modal>
  );
}
