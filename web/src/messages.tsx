// What a person is told of what they did; it stays until they dismiss it or leave.
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from "react";

import { useReader } from "./preferences";

interface Message {
  id: string;
  type: "success" | "error";
  text: string;
  /** What does the same on a command line. */
  command?: string;
}

const MessagesContext = createContext<{ messages: Message[]; tell(type: Message["type"], text: string, command?: string): void;
  dismiss(id: string): void }>({ messages: [], tell: () => undefined, dismiss: () => undefined });

export function useTell() {
  return useContext(MessagesContext).tell;
}

export function MessagesProvider({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const count = useRef(0);
  const tell = useCallback((type: Message["type"], text: string, command?: string) => {
    count.current += 1;
    const id = String(count.current);
    setMessages((before) => [{ id, type, text, command }, ...before].slice(0, 5));
  }, []);
  const dismiss = useCallback((id: string) => setMessages((before) => before.filter((one) => one.id !== id)), []);
  const value = useMemo(() => ({ messages, tell, dismiss }), [messages, tell, dismiss]);
  return <MessagesContext.Provider value={value}>{children}</MessagesContext.Provider>;
}

export function Messages() {
  const { messages, dismiss } = useContext(MessagesContext);
  const { t } = useReader();
  const items: FlashbarProps.MessageDefinition[] = messages.map(({ id, type, text, command }) => ({
    id, type, content: command ? <>{text} {t.ask.same} <code className="exact">{command}</code></> : text, dismissible: true, dismissLabel: t.layout.dismiss, onDismiss: () => dismiss(id),
  }));
  return <Flashbar items={items} />;
}
