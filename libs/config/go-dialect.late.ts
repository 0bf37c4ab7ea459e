/** What only a file of the Go Node Doctor needs: a bundle of its own, which no process has in memory before. */
export { readGo } from './dialects/go/read.ts'
