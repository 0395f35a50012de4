import { describe, expect, it } from "vitest";

import { formatsFor } from "./format";

// Between a number and its unit stands a space that does not break.
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
const english = formatsFor({ locale: "en-US", zone: "America/Los_Angeles" });
const german = formatsFor({ locale: "de-DE", zone: "Europe/Berlin" });
const sydney = formatsFor({ locale: "en-AU", zone: "Australia/Sydney" });

describe("instants", () => {
  it("are in the reader's zone, which is shown", () => {
    const iso = "2026-11-30T23:15:07.250Z";
    expect(plain(english.instant(iso))).toBe("Nov 30, 2026, 3:15:07 PM PST");
    expect(plain(german.instant(iso))).toBe("1. Dez. 2026, 0:15:07 MEZ");
    expect(plain(sydney.instant(iso))).toBe("1 Dec 2026, 10:15:07 am AEDT");
  });

  it("leave days of UTC the same everywhere", () => {
    for (const formats of [english, sydney]) expect(formats.utcDay("2026-11-30")).toContain("30");
  });
});

describe("numbers", () => {
  it("of 64 bits are exact", () => {
    expect(english.whole("18446744073709551615")).toBe("18,446,744,073,709,551,615");
    expect(german.whole("18446744073709551615")).toBe("18.446.744.073.709.551.615");
    expect(plain(english.bytes("18446744073709551615"))).toContain("18,446,744,073,709,551,615 bytes");
  });

  it("of bytes say the large unit beside", () => {
    expect(plain(english.bytes(68))).toBe("68 bytes");
    expect(plain(english.bytes(1))).toBe("1 byte");
    expect(plain(english.bytes(1_234_567))).toBe("1,234,567 bytes (1.2 MB)");
    expect(plain(english.roundBytes(999))).toBe("999 bytes");
    expect(plain(german.roundBytes(1500))).toBe("1,5 kB");
  });
});

describe("durations", () => {
  it.each([
    [0, "0 seconds"], [0.9, "0 seconds"], [59, "59 seconds"], [60, "1 minute"], [7199, "1 hour"], [86_400 * 3, "3 days"],
    [-5, "0 seconds"],
  ])("of %d s are written in their largest unit", (seconds, text) => {
    expect(plain(english.duration(seconds))).toBe(text);
  });
});
