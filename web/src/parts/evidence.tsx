// What one scan of one object said, with everything that an auditor would ask for.
import Box from "@cloudscape-design/components/box";
import KeyValuePairs, { type KeyValuePairsProps } from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";

import type { ScanResult } from "../api/documents";
import { useReader } from "../preferences";
import { addressOf, whereaboutsOf, type Whereabouts } from "../whereabouts";
import { Exact, Instant, VerdictMark } from "./marks";

function Where({ where }: { where: Whereabouts }) {
  const { t } = useReader();
  const words = { "where it was": t.evidence.stays, deleted: t.evidence.deleted, leaving: t.evidence.deletionPending,
    held: t.evidence.held, elsewhere: "" };
  return (
    <SpaceBetween size="xxs">
      {where.place ? <Exact>{where.place}</Exact> : <span>{words[where.is]}</span>}
      {where.copies.map((place) => <span key={place}>{t.evidence.copyAt(place)}</span>)}
      {where.failures.map(({ kind, detail }, at) => <span key={at}>{t.evidence.actionFailed(kind, detail)}</span>)}
    </SpaceBetween>
  );
}

export function Evidence({ result }: { result: ScanResult }) {
  const { t, f } = useReader();
  const e = t.evidence;
  const exact = (text: string | null | undefined) => (text ? <Exact>{text}</Exact> : t.states.unknown);
  const steps = Object.entries(result.millis ?? {}).filter(([, value]) => value !== null);
  const items: KeyValuePairsProps.Item[] = [
    { label: e.object, value: <Exact>{addressOf(result.bucket, result.key)}</Exact> },
    { label: e.where, value: <Where where={whereaboutsOf(result)} /> },
    { label: e.verdict, value: <VerdictMark verdict={result.result} /> },
    { label: e.findings, value: result.virusNames.length > 0 ? result.virusNames.map((name) =>
      <Box key={name}><Exact>{name}</Exact></Box>) : t.states.none },
  ];
  if (result.reason) items.push({ label: e.reason, value: <Exact>{result.reason}</Exact> });
  if (result.message) items.push({ label: e.message, value: result.message });
  if (result.skipped) items.push({ label: e.engine, value: e.skipped });
  else items.push({ label: e.engine, value: exact(result.engine) });
  items.push(
    { label: e.signatures, value: exact(result.signatures) },
    { label: e.sha256, value: exact(result.sha256) },
    { label: e.version, value: result.versionId ? <Exact>{result.versionId}</Exact> : e.noVersion },
    { label: e.eTag, value: exact(result.eTag) },
    { label: e.size, value: result.size == null ? t.states.unknown : f.bytes(result.size) },
    { label: e.bytesScanned, value: result.bytesScanned == null ? t.states.unknown : f.bytes(result.bytesScanned) },
    { label: e.scannedAt, value: <Instant iso={result.scannedAt} /> },
    { label: e.steps, value: steps.length === 0 ? t.states.unknown : steps.map(([name, value]) =>
      <Box key={name}>{`${e.step[name] ?? name}: ${f.millis(value!)}`}</Box>) },
    { label: e.agent, value: <Exact>{result.agent}</Exact> },
    { label: e.uploadedBy, value: exact(result.uploadedBy) },
    { label: e.tagging, value: exact(result.tagging) },
  );
  return <KeyValuePairs columns={4} items={items} />;
}
