/** Regular expressions of Go's syntax, and many of them held against the lines of a log. The one wrapper of re2js. */
export { decodeText } from './decode.ts'
export { PatternError, TemplateError } from './errors.ts'
export type { Found } from './finder.ts'
export { createLineMatcher, type LineMatch, type LineMatcher, type LineMatcherOptions } from './line-matcher.ts'
export type { Clause, Needs, Word } from './needs.ts'
export { compilePattern, compileToEnd, type Pattern } from './pattern.ts'
export { createPrefilter, type LineWords, type Prefilter } from './prefilter.ts'
export { type Groups, parseTemplate, type Template } from './template.ts'
