/** A regular expression that RE2 does not take. The text is Go's own, so that it reads as its user knows it. */
export class PatternError extends Error {
  readonly code = 'BAD_PATTERN'
  /** As it was written. */
  readonly pattern: string
  /** What is wrong with which part of it: "missing closing ): `(foo`". */
  readonly reason: string
  constructor(pattern: string, reason: string, options?: ErrorOptions) {
    super(`error parsing regexp: ${reason}`, options)
    this.name = 'PatternError'
    this.pattern = pattern
    this.reason = reason
  }
}

/** A template names a group that its pattern does not have. */
export class TemplateError extends Error {
  readonly code = 'BAD_TEMPLATE'
  /** Its name, or its number. */
  readonly group: string
  constructor(template: string, group: string, options?: ErrorOptions) {
    super(`template ${JSON.stringify(template)} names group "${group}", which its pattern does not have`, options)
    this.name = 'TemplateError'
    this.group = group
  }
}
