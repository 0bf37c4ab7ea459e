/** A machine whose files stand in a folder, and whose programs say what stands beside them. */
import { access, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { type Child, createHost, type Host, HostExecError, type Programs, type RunBytes, type RunResult } from '#host'
import { recordedJournal } from './recorded-journal.ts'

/**
 * The host of a folder, where `programs/<name>` is what a program prints, whatever its arguments, before it ends with 0, or with the
 * number in `programs/<name>.exit`. A program without such a file is not installed there, nor is one that stays, but where its output is read
 * piece by piece: it says all at once, and ends. None of this machine is run.
 * Its journal is `journal.jsonl`.
 */
export function recordedHost(root: string): Host {
  const host = createHost({ root, programs: recordedPrograms(join(root, 'programs')) })
  return { ...host, logs: { ...host.logs, journal: recordedJournal(host) } }
}

/** A child that has said all, and ended. */
function readAtOnce({ stdout, exitCode }: RunBytes): Child {
  const exit = { code: exitCode, signal: null }
  let rest: Buffer | undefined = stdout
  return {
    pid: 0,
    exited: Promise.resolve(exit),
    read() {
      const next = rest
      rest = undefined
      return Promise.resolve(next)
    },
    kill: () => false,
    stop: () => Promise.resolve(exit),
    leave: () => undefined,
  }
}

function recordedPrograms(folder: string): Programs {
  async function runBytes(file: string): Promise<RunBytes> {
    const stdout = await readFile(join(folder, basename(file))).catch((cause: unknown) => {
      throw new HostExecError({ file, code: 'ENOENT', cause })
    })
    const exit = await readFile(join(folder, `${basename(file)}.exit`), 'utf8').catch(() => '')
    return {
      exitCode: /^\d{1,3}\n?$/.test(exit) ? Number(exit) : 0,
      signal: null,
      stdout,
      stderr: Buffer.alloc(0),
      timedOut: false,
      truncated: false,
    }
  }
  async function run(file: string): Promise<RunResult> {
    const result = await runBytes(file)
    return { ...result, stdout: result.stdout.toString('utf8'), stderr: '' }
  }
  return {
    find: (file) =>
      access(join(folder, basename(file))).then(
        () => resolve('/usr/bin', file),
        () => undefined,
      ),
    run,
    runBytes,
    probe: async (file) => ({ kind: 'ended', result: await run(file) }),
    async runPlugin(file) {
      try {
        return { kind: 'ended', result: { ...(await runBytes(file)), coreDumped: false } }
      } catch (error) {
        if (!(error instanceof HostExecError)) throw error
        return { kind: 'not-started', why: 'missing', error }
      }
    },
    async start(file, _, options) {
      if (options?.pulled !== true) throw new HostExecError({ file, code: 'ENOENT' })
      return readAtOnce(await runBytes(file))
    },
  }
}
