/** Lines of the kernel's log, written as programs do: the kernel bounds them for each opening, so that each has its own. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const DEVICE = '/dev/kmsg'
/** Debug: no console shows it. */
const LEVEL = '<7>'

export function writeKernelLine(text: string): void {
  writeFileSync(DEVICE, `${LEVEL}${text}\n`)
}

/** Whether this user may write there. */
export function mayWrite(): boolean {
  try {
    writeKernelLine('node-doctor: a benchmark of logs begins')
    return true
  } catch {
    return false
  }
}

/** Lines that nobody looks for, from a process of their own, until disposed. */
export function flood(perSecond: number): Disposable {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), String(perSecond)], { stdio: 'inherit' })
  return {
    [Symbol.dispose]() {
      child.kill('SIGTERM')
    },
  }
}

async function write(perSecond: number): Promise<never> {
  const beganMs = performance.now()
  for (let written = 0; ; ) {
    const due = ((performance.now() - beganMs) * perSecond) / 1000
    for (; written < due; written++) writeKernelLine(`driver ${written} says that all is well `.padEnd(90, '.'))
    await sleep(1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write(Number(process.argv[2]))
