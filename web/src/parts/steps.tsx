import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";

import type { Step } from "../bucket_facts";
import { useReader } from "../preferences";
import { Exact, StepMark } from "./marks";
import { Empty } from "./states";

/** Parts of something, each with its state. */
export function Steps({ title, steps }: { title: string; steps: readonly Step[] }) {
  const { t } = useReader();
  const s = t.steps;
  return (
    <Table
      variant="embedded"
      wrapLines
      items={steps}
      header={<Header variant="h3" counter={`(${steps.length})`}>{title}</Header>}
      ariaLabels={{ tableLabel: title }}
      empty={<Empty title={s.nothing} text={s.nothingText} />}
      columnDefinitions={[
        { id: "what", header: s.what, minWidth: 150, isRowHeader: true, cell: ({ what }) => what },
        { id: "state", header: s.state, minWidth: 130, cell: ({ state }) => <StepMark state={state} /> },
        { id: "name", header: s.name, minWidth: 240, cell: ({ name }) => <Exact>{name}</Exact> },
        { id: "note", header: s.note, minWidth: 200, cell: ({ note }) => note || t.states.none },
      ]}
    />
  );
}
