/** Lines that are not looked at, since some text stands in them. Pure. */

/** @returns whether a line has one of the texts; what is empty stands in every line, as in Go */
export function createSkipList(skipList: readonly string[]): (line: Buffer) => boolean {
  const needles = skipList.map((text) => Buffer.from(text))
  return (line) => needles.some((needle) => line.includes(needle))
}
