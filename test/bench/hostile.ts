/** What one plug-in at every limit at once costs the others. */
import { benchBeside } from './hostile/beside.ts'

await benchBeside({
  plugIn: new URL('hostile/every-limit.ts', import.meta.url),
  words: 'a plug-in at every limit',
  memoryMiB: 16,
})
