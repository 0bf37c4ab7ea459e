import { once } from 'node:events'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { mountHung, run, tempFolder, whyNoMounts } from '../host/testing.ts'
import { healthChecker } from './index.ts'
import { runTool } from './testing-tools.ts'

interface Case {
  readonly name: string
  readonly args: readonly string[]
  readonly programs: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly exit: number
  readonly stdout: string
  readonly asked: string
}

const FILE = join(import.meta.dirname, 'fixtures/health-checker/table.json')
const cases = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Case[]

describe('what node-problem-detector’s health-checker does where', () => {
  it.concurrent.each(cases)('$name', async ({ args, programs, env: own, exit, stdout, asked }) => {
    const env = { HOST_ADDRESS: '127.0.0.1', KUBELET_PORT: '9', ...own }
    const result = await runTool(healthChecker, { words: args, programs, env })
    expect({ exit: result.exitCode, stdout: result.stdout, asked: result.asked }).toEqual({ exit, stdout, asked })
  })
})

/** A kubelet that answers as it is told. */
async function kubelet(answer: (path: string, response: ServerResponse) => void) {
  const server = createServer((request, response) => answer(request.url ?? '', response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port: String(port),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Holds all of libuv's threads, as calls on mounts that hang do: nobody writes to the pipe that they open. */
async function heldThreads(folder: string): Promise<AsyncDisposable> {
  const pipe = join(folder, 'pipe')
  await run('mkfifo', pipe)
  const held = Array.from({ length: 4 }, () => open(pipe, 'r'))
  return {
    async [Symbol.asyncDispose]() {
      const writer = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
      for (const each of await Promise.all(held)) await each.close()
      closeSync(writer)
    },
  }
}

describe('health-checker', () => {
  const words = ['--enable-repair=false', '--health-check-timeout=300ms']

  it.each([
    ['/healthz', 'kubelet', 'KUBELET_PORT'],
    ['/livez', 'kube-proxy', 'KUBEPROXY_PORT'],
  ])('asks %s of %s, and 200 alone is well', async (path, component, key) => {
    let code = 200
    await using server = await kubelet((asked, response) => response.writeHead(asked === path ? code : 404).end('ok'))
    const asks = () => {
      const env = { HOST_ADDRESS: '127.0.0.1', [key]: server.port }
      return runTool(healthChecker, { words: [...words, `--component=${component}`], programs: {}, env })
    }
    expect(await asks()).toMatchObject({ exitCode: 0, stdout: '' })
    code = 503
    expect(await asks()).toMatchObject({
      exitCode: 1,
      stdout: `${component}:${component} was found unhealthy; repair flag : false\n`,
    })
  })

  it('goes where it is sent, and waits no longer than it may', async () => {
    await using hung = await kubelet(() => undefined)
    await using server = await kubelet((asked, response) =>
      asked === '/well' ? response.end() : response.writeHead(302, { location: '/well' }).end(),
    )
    const asks = (port: string) =>
      runTool(healthChecker, { words, programs: {}, env: { HOST_ADDRESS: '127.0.0.1', KUBELET_PORT: port } })
    expect((await asks(server.port)).exitCode).toBe(0)
    expect((await asks(hung.port)).exitCode).toBe(1)
  })

  it('needs no thread to find this machine, and calls nobody ill whom it could not even ask', async () => {
    await using folder = await tempFolder()
    await using server = await kubelet((_, response) => response.end())
    await using _ = await heldThreads(folder.path)
    const clock = systemClock()
    const asks = (host: Readonly<Record<string, string>>) =>
      healthChecker(words, {
        host: createHost({ root: '', clock }),
        clock,
        env: { KUBELET_PORT: server.port, ...host },
        uptimeSeconds: () => 3_600,
        signal: new AbortController().signal,
      })
    expect(await asks({})).toMatchObject({ exitCode: 0, stdout: '' })
    expect(await asks({ HOST_ADDRESS: 'node-1.invalid' })).toMatchObject({
      exitCode: 2,
      stdout: 'error checking kubelet health: it was not asked: lookup node-1.invalid: no answer in time\n',
    })
  })

  it.skipIf(whyNoMounts() !== '')('calls nobody ill whom a mount that hangs keeps it from asking', async () => {
    await using folder = await tempFolder()
    await using _ = await mountHung(join(folder.path, 'mount'))
    const crictl = join(folder.path, 'mount', 'crictl')
    const asked = await runTool(healthChecker, {
      words: ['--component=cri', `--crictl-path=${crictl}`],
      programs: { systemctl: 'exit 0' },
    })
    expect(asked).toMatchObject({
      exitCode: 2,
      stdout: `error checking cri health: cannot start ${crictl}: TIMEOUT; its mount hangs\n`,
      asked: '',
    })
  })

  it('calls nobody ill who answered while it had no processor to hear it', async () => {
    await using server = await kubelet((_, response) => void setTimeout(() => response.end(), 600))
    const began = performance.now()
    const starvation = () => ({
      livedMs: performance.now(),
      activeMs: performance.now(),
      starvedMs: (performance.now() - began) * 0.9,
    })
    const result = await runTool(healthChecker, {
      words,
      programs: {},
      env: { HOST_ADDRESS: '127.0.0.1', KUBELET_PORT: server.port },
      around: { clock: { ...systemClock(), starvation } },
    })
    expect(result).toMatchObject({ exitCode: 0, stdout: '' })
  })

  it('finds crictl by PATH where no place is given', async () => {
    const said = await runTool(healthChecker, { words: ['--component=cri'], programs: { crictl: 'exit 0' } })
    expect(said).toMatchObject({ exitCode: 0 })
    expect(said.asked).toMatch(/^crictl --timeout=2s/)
  })

  it('runs nothing that stands in a pattern', async () => {
    const programs = {
      docker: 'exit 0',
      systemctl: 'echo InactiveExitTimestamp=Sun 2024-01-07 10:00:00 UTC',
      journalctl: "echo 'a $(docker info) b'",
    }
    const pattern = '--log-pattern=1:\\$(docker info)'
    const said = await runTool(healthChecker, {
      words: ['--component=docker', '--enable-repair=false', pattern],
      programs,
    })
    expect(said.asked.match(/docker info/g)).toBe(null)
    expect(said.exitCode).toBe(1)
  })

  it('says how it is used, and what is wrong, on standard error', async () => {
    const help = await runTool(healthChecker, { words: ['-h'], programs: {} })
    expect(help).toMatchObject({ exitCode: 0, stdout: '' })
    expect(help.stderr).toMatch(/^Usage of health-checker:\n {6}--component string {2,}The component/)
    const wrong = await runTool(healthChecker, { words: ['--log-pattern=0:x'], programs: {} })
    expect(wrong.stderr.split('\n').at(-2)).toBe(
      'invalid argument "0:x" for "--log-pattern" flag: invalid format for the flag value: [0 x]: <nil>',
    )
  })

  it('ends with who asks it, and with it what it asked', async () => {
    const stop = new AbortController()
    const programs = { docker: 'exec sleep 30' }
    const asked = runTool(healthChecker, { words: ['--component=docker'], programs, around: { signal: stop.signal } })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(asked).rejects.toThrow('enough')
  })
})
