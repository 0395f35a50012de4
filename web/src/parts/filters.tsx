// The fields above a list. What they say goes into the address when a person has finished with one of them.
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import { useEffect, useState, type ReactNode } from "react";

import type { Formats } from "../format";
import { useReader } from "../preferences";
import type { Texts } from "../texts/en";
import type { Range } from "../url_state";

export function Filters({ children }: { children: ReactNode[] }) {
  return (
    <Container>
      <Grid gridDefinition={children.map(() => ({ colspan: { default: 12, xs: 6, s: 4 } }))}>{children}</Grid>
    </Container>
  );
}

export function ResetFilters({ reset }: { reset(): void }) {
  const { t } = useReader();
  return <Button onClick={reset} iconName="undo">{t.list.reset}</Button>;
}

export function TextFilter({ label, hint, value, onChange }:
    { label: string; hint?: string; value: string; onChange(value: string): void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]); // Back, or another link.
  const finish = () => {
    if (typed.trim() !== value) onChange(typed.trim());
  };
  return (
    <FormField label={label}>
      <Input
        type="search"
        value={typed}
        placeholder={hint}
        spellcheck={false}
        onChange={({ detail }) => {
          setTyped(detail.value);
          if (detail.value === "" && value !== "") onChange("");
        }}
        onBlur={finish}
        onKeyDown={({ detail }) => {
          if (detail.key === "Enter") finish();
        }}
      />
    </FormField>
  );
}

export function ChoiceFilter<T extends string>({ label, choices, names, chosen, onChange }:
    { label: string; choices: readonly T[]; names: Record<T, string>; chosen: readonly T[]; onChange(chosen: T[]): void }) {
  const { t } = useReader();
  return (
    <FormField label={label}>
      <Multiselect
        options={choices.map((value) => ({ value, label: names[value] }))}
        selectedOptions={chosen.map((value) => ({ value, label: names[value] }))}
        hideTokens
        placeholder={chosen.map((value) => names[value]).join(", ") || t.list.any}
        onChange={({ detail }) =>
          onChange(choices.filter((one) => detail.selectedOptions.some(({ value }) => value === one)))}
      />
    </FormField>
  );
}

const UNITS = { m: "minute", h: "hour", d: "day" } as const;
const OFFERED = ["1h", "24h", "7d", "30d", "90d"];

function partsOf(last: string): { amount: number; unit: keyof typeof UNITS } {
  return { amount: Number(last.slice(0, -1)), unit: last.slice(-1) as keyof typeof UNITS };
}

function pickerValue(range: Range): DateRangePickerProps.Value | null {
  if (range === "any") return null;
  if ("since" in range) return { type: "absolute", startDate: range.since, endDate: range.until };
  const { amount, unit } = partsOf(range.last);
  return { type: "relative", amount, unit: UNITS[unit] };
}

function rangeOf(value: DateRangePickerProps.Value | null): Range {
  if (value === null) return "any";
  if (value.type === "absolute") {
    return { since: new Date(value.startDate).toISOString(), until: new Date(value.endDate).toISOString() };
  }
  const units: Record<string, [number, string]> = {
    second: [1 / 60, "m"], minute: [1, "m"], hour: [1, "h"], day: [1, "d"], week: [7, "d"], month: [30, "d"], year: [365, "d"],
  };
  const [factor, unit] = units[value.unit] ?? [1, "d"];
  return { last: `${Math.min(9999, Math.max(1, Math.ceil(value.amount * factor)))}${unit}` };
}

function pickerTexts(t: Texts, f: Formats): DateRangePickerProps.I18nStrings {
  return {
    relativeModeTitle: t.range.relative,
    absoluteModeTitle: t.range.absolute,
    relativeRangeSelectionHeading: t.range.relative,
    customRelativeRangeOptionLabel: t.range.custom,
    customRelativeRangeDurationLabel: t.range.amount,
    customRelativeRangeUnitLabel: t.range.unit,
    startDateLabel: t.range.start,
    startTimeLabel: t.range.startTime,
    endDateLabel: t.range.end,
    endTimeLabel: t.range.endTime,
    clearButtonLabel: t.range.any,
    cancelButtonLabel: t.range.cancel,
    applyButtonLabel: t.range.apply,
    dateTimeConstraintText: t.range.shown(f.zoneName()),
    modeSelectionLabel: t.range.label,
    formatRelativeRange: (value) => {
      const range = rangeOf(value);
      if (range === "any" || "since" in range) return t.range.any;
      const { amount, unit } = partsOf(range.last);
      return t.range.last(f.amount(amount, UNITS[unit]));
    },
    formatUnit: (unit, amount) => f.unit(unit, amount),
  };
}

/** `isOpenEnded`: only so long until now can be asked for. */
export function RangeFilter({ range, isOpenEnded, onChange }:
    { range: Range; isOpenEnded: boolean; onChange(range: Range): void }) {
  const { t, f } = useReader();
  return (
    <FormField label={t.range.label}>
      <DateRangePicker
        value={pickerValue(range)}
        placeholder={t.range.any}
        rangeSelectorMode={isOpenEnded ? "relative-only" : "default"}
        relativeOptions={OFFERED.map((last) => {
          const { amount, unit } = partsOf(last);
          return { key: last, type: "relative", amount, unit: UNITS[unit] };
        })}
        expandToViewport
        i18nStrings={pickerTexts(t, f)}
        isValidRange={(value) => {
          if (value?.type !== "absolute") return { valid: true };
          if (!value.startDate.includes("T") || !value.endDate.includes("T")) {
            return { valid: false, errorMessage: t.range.incomplete };
          }
          const isForward = Date.parse(value.startDate) < Date.parse(value.endDate);
          return isForward ? { valid: true } : { valid: false, errorMessage: t.range.wrong };
        }}
        onChange={({ detail }) => onChange(rangeOf(detail.value))}
      />
    </FormField>
  );
}
