/** Files that are whole after whatever happens: replaced at once, or appended to record by record. */
export { type AppendLog, beginLog, type LogOptions, openLog } from './append-log.ts'
export * from './errors.ts'
export { putAside } from './journal/files.ts'
export type { Journal, JournalShape } from './journal/journal.ts'
export { type JournalOpening, type JournalOptions, openJournal } from './journal/open.ts'
export { type LogContent, type ReadLogOptions, readLog } from './read-log.ts'
export { readWhole } from './read-whole.ts'
export { type ReplaceOptions, replaceFile } from './replace.ts'
