// What a person asks for who puts an object back, as the interface takes it.
import type { components } from "../generated/contract";

export type Allow = "none" | "once" | "always";

export interface RestoreFields {
  allow: Allow;
  /** Days until allowing ends; "": it does not. Only with `always`. */
  days: string;
  /** "": where it was. */
  bucket: string;
  key: string;
  overwrite: boolean;
}

export type RestoreOrder = components["schemas"]["RestoreOrder"];

/** Undefined: the fields do not say what is to be done. */
export function restoreOrderOf(id: string, quarantine: string | undefined, fields: RestoreFields, now: Date):
    RestoreOrder | undefined {
  const { allow, days, bucket, key, overwrite } = fields;
  if ((bucket === "") !== (key === "")) return undefined;
  if (allow === "always" && !/^([1-9]\d{0,3})?$/.test(days)) return undefined;
  const order: RestoreOrder = { id, ...(quarantine && { quarantine }) };
  if (allow !== "none") order.allow = allow;
  if (allow === "always" && days !== "") {
    // To the second, as the interface writes it.
    order.expires = new Date(now.getTime() + Number(days) * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
  }
  if (bucket !== "") order.to = { bucket, key };
  if (overwrite) order.overwrite = true;
  return order;
}
