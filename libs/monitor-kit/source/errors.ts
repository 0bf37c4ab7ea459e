/** The kernel's text is not what its documentation says. */
export class MalformedSourceError extends Error {
  override readonly name = 'MalformedSourceError'
  readonly code = 'SOURCE_MALFORMED'
  readonly path: string

  /** @param expected an example of what should stand there */
  constructor(path: string, text: string, expected: string) {
    const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
    super(
      `cannot understand ${path}: it says ${shown}, expected something like ${JSON.stringify(expected)}; see whether another file is mounted there`,
    )
    this.path = path
  }
}
