/** Appends lines of 100 bytes to a file, each by itself, as a service writes its log. Arguments: path, lines a second, seconds. */
import { openSync, writeSync } from 'node:fs'

const [path = '', perSecond, seconds] = process.argv.slice(2)
const fd = openSync(path, 'a')
const line = Buffer.from(`${'x'.repeat(99)}\n`)
const total = Number(perSecond) * Number(seconds)
const beganMs = performance.now()
let written = 0
const writing = setInterval(() => {
  const due = Math.min(total, ((performance.now() - beganMs) * Number(perSecond)) / 1000)
  for (; written < due; written++) writeSync(fd, line)
  if (written >= total) clearInterval(writing)
}, 1)
