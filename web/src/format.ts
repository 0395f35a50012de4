// How values are written for a reader: in the reader's locale and time zone, which is always shown.
import type { Whole } from "./exact_json";

export interface Reader {
  locale: string;
  /** "Australia/Sydney" */
  zone: string;
}

export interface Formats {
  /** An instant in the reader's zone, to the second. */
  instant(iso: string): string;
  /** A day of UTC, "2026-11-30", as sums have. */
  utcDay(day: string): string;
  /** Exact, grouped: 18,446,744,073,709,551,615. */
  whole(value: Whole | bigint): string;
  /** Exact, with a rounded form where that says more: "1,234,567 bytes (1.2 MB)". */
  bytes(value: Whole | bigint): string;
  /** Rounded: "1.2 MB". */
  roundBytes(value: number): string;
  /** "3 days", "5 hours", "12 seconds"; the largest unit, rounded down. */
  duration(seconds: number): string;
  /** "24 hours" */
  amount(value: number, unit: string): string;
  /** The name of a unit of time with this amount: "days" of 3. */
  unit(unit: string, amount: number): string;
  /** "1,234 ms" */
  millis(value: Whole): string;
  zoneName(): string;
}

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;
const TIME_UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;

export function formatsFor(reader: Reader): Formats {
  const instants = new Intl.DateTimeFormat(reader.locale, {
    timeZone: reader.zone, year: "numeric", month: "short", day: "numeric",
    hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  });
  const days = new Intl.DateTimeFormat(reader.locale, { timeZone: "UTC", month: "short", day: "numeric" });
  const wholes = new Intl.NumberFormat(reader.locale, { maximumFractionDigits: 0 });
  const inUnit = (value: number | bigint, unit: string, digits: number, display: "short" | "long") =>
    new Intl.NumberFormat(reader.locale, { style: "unit", unit, unitDisplay: display, maximumFractionDigits: digits })
      .format(value);

  const roundBytes = (value: number): string => {
    let at = 0;
    let rest = value;
    while (rest >= 1000 && at < BYTE_UNITS.length - 1) {
      rest /= 1000;
      at += 1;
    }
    return inUnit(rest, BYTE_UNITS[at]!, at === 0 ? 0 : 1, at === 0 ? "long" : "short");
  };

  return {
    instant: (iso) => instants.format(new Date(iso)),
    utcDay: (day) => days.format(new Date(`${day}T00:00:00Z`)),
    whole: (value) => wholes.format(BigInt(value)),
    bytes: (value) => {
      const exact = BigInt(value);
      const text = inUnit(exact, "byte", 0, "long");
      return exact < 1000n ? text : `${text} (${roundBytes(Number(exact))})`;
    },
    roundBytes,
    duration: (seconds) => {
      const whole = Math.max(0, Math.floor(seconds));
      const [unit, size] = TIME_UNITS.find(([, one]) => whole >= one) ?? TIME_UNITS[3];
      return inUnit(Math.floor(whole / size), unit, 0, "long");
    },
    amount: (value, unit) => inUnit(value, unit, 0, "long"),
    unit: (unit, amount) =>
      new Intl.NumberFormat(reader.locale, { style: "unit", unit, unitDisplay: "long" }).formatToParts(amount)
        .find((part) => part.type === "unit")?.value ?? unit,
    millis: (value) => inUnit(BigInt(value), "millisecond", 0, "short"),
    zoneName: () => reader.zone,
  };
}
