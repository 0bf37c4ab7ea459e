/** Numbers of the kernel's text files. */

/** A whole number of the kernel (up to 64 bits; the last digits of the largest are lost); undefined for any other text. */
export function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : undefined
}

/** A decimal of the kernel ("0.17"); undefined for any other text. */
export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined
}

/** Fields between spaces and tabs. */
export function fields(line: string): readonly string[] {
  return line.split(/[ \t]+/).filter((field) => field !== '')
}

/** All of them, or undefined when one is missing. */
export function complete<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined
}
