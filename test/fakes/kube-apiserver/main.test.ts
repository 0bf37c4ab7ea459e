import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { parseCommandLine } from './cli.ts'
import { renderRequest } from './tell.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const work of cleanups.splice(0).reverse()) await work()
})

interface Running {
  readonly url: string
  readonly child: ChildProcess
  readonly lines: string[]
}

async function start(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const urlOf = () => /listens at (\S+);/.exec(lines[0] ?? '')?.[1]
  await expect.poll(urlOf, { timeout: 10_000 }).toBeDefined()
  return { url: urlOf() ?? '', child, lines }
}

async function ask(url: string, method = 'GET', body?: unknown) {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined }
}

describe('the fake by itself', () => {
  it('says who writes what on the node, writes a kubeconfig, and ends at once', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fake-main-'))
    cleanups.push(() => rmSync(dir, { recursive: true }))
    const { url, child, lines } = await start('--node', 'w1', '--kubeconfig', join(dir, 'kubeconfig'))
    expect(readFileSync(join(dir, 'kubeconfig'), 'utf8')).toContain(`server: ${url}\n`)
    const conditions = [{ type: 'DiskFull', status: 'True', reason: 'AboveLimit' }]
    await fetch(`${url}/api/v1/nodes/w1/status`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
      body: JSON.stringify({ status: { conditions } }),
    })
    await expect.poll(() => lines.at(-1)).toMatch(/^[\d:]{8} 200 patch nodes\/status w1: DiskFull True \(AboveLimit\)$/)
    expect((await ask(`${url}/api/v1/nodes/w1`)).body.status.conditions[0]).toMatchObject(conditions[0] ?? {})
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const watching = fetch(`${url}/api/v1/nodes?watch=1`).then((response) => response.text())
    watching.catch(() => undefined)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('is broken and mended from outside', async () => {
    const { url } = await start('--node', 'w1', '--quiet')
    const control = `${url}/_fake`
    const node = async () => (await ask(`${url}/api/v1/nodes/w1`)).status
    expect((await ask(`${control}/`)).text).toContain('POST   /_fake/faults')
    await ask(`${control}/faults`, 'POST', { verb: 'get', path: 'nodes/w1', status: 503, times: 1 })
    expect((await ask(`${control}/faults`)).body.faults).toEqual([
      { verb: 'get', path: 'nodes/w1', status: 503, times: 1 },
    ])
    expect([await node(), await node()]).toEqual([503, 200])
    await ask(`${control}/faults`, 'POST', { status: 500 })
    await ask(`${control}/faults`, 'DELETE')
    expect(await node()).toBe(200)
    const before = (await ask(`${control}/state`)).body.nodes[0].metadata.uid
    await ask(`${control}/nodes/w1/recreate`, 'POST', {})
    expect((await ask(`${control}/state`)).body.nodes[0].metadata.uid).not.toBe(before)
    await ask(`${control}/nodes`, 'POST', { name: 'w2' })
    await ask(`${control}/nodes/w1`, 'DELETE')
    expect((await ask(`${control}/state`)).body.nodes).toMatchObject([{ metadata: { name: 'w2' } }])
    expect((await ask(`${control}/requests?limit=1`)).body.requests).toMatchObject([{ resource: 'nodes', code: 200 }])
    expect((await ask(`${control}/latency`, 'POST', { ms: 5 })).body).toEqual({ latencyMs: 5 })
  })

  it('goes away for as long as it is told, and comes back', async () => {
    const { url } = await start('--quiet')
    expect((await ask(`${url}/_fake/down`, 'POST', { seconds: 1 })).body).toEqual({ downForSeconds: 1 })
    await expect
      .poll(() =>
        ask(url).then(
          () => 'there',
          () => 'away',
        ),
      )
      .toBe('away')
    await expect
      .poll(
        () =>
          ask(url).then(
            () => 'there',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('there')
  })

  it('says what is wrong with what it is told', async () => {
    const { url } = await start('--quiet')
    const refused = async (path: string, body: unknown, message: string | RegExp) => {
      const answer = await ask(`${url}/_fake/${path}`, 'POST', body)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.body.message).toMatch(message)
    }
    await refused('faults', { stauts: 500 }, /^a fault has no "stauts"; it has method, path/)
    await refused('faults', { status: '500' }, '"status" of a fault is "500"; it is a number')
    await refused('faults', { status: 200 }, '"status" of a fault is 200; it is from 400 to 599')
    await refused(
      'faults',
      { times: 3 },
      'the fault does nothing; give one of status, latencyMs, cut, cutAfter, hang, silent',
    )
    await refused('faults', { path: '(', cut: true }, '"path" of a fault is no regular expression: ')
    await refused('down', {}, '"seconds" is undefined; it is a number from 0 to 86400')
    await refused('nodes', { name: 'A B' }, '"name" is "A B"; it is the name of a node')
    await refused('nodes/w9/recreate', {}, 'the fake API server has no node "w9"; add it first')
    await refused('nope', {}, 'there is no POST /_fake/nope; there are:')
  })
})

describe('a kubeconfig that cannot be written', () => {
  it('ends the fake with what is wrong', async () => {
    const child = spawn(process.execPath, [MAIN, '--port', '0', '--kubeconfig', '/nowhere/kubeconfig'])
    cleanups.push(() => child.kill('SIGKILL'))
    let text = ''
    child.stderr.on('data', (chunk) => {
      text += String(chunk)
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2)
    expect(text).toMatch(/^fake API server: --kubeconfig \/nowhere\/kubeconfig cannot be written: ENOENT/)
  })
})

describe('the command line', () => {
  it.each([
    [['--port', '70000'], '--port is "70000"; it is a whole number from 0 to 65535'],
    [['--latency', 'x'], '--latency is "x"; it is a whole number from 0 to 600000'],
    [['--tls-cert', 'x'], '--tls-cert and --tls-key go together; give both'],
    [['--anonymous', 'some'], '--anonymous is "some"; it is all, read or nothing'],
    [['--nodes', 'x'], "Unknown option '--nodes'"],
  ])('of %j is refused: %s', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message)
  })

  it('has defaults for all', () => {
    expect(parseCommandLine([])).toMatchObject({
      server: { bind: '127.0.0.1', port: 6443, nodes: [], latencyMs: 0 },
      anonymous: 'all',
      isQuiet: false,
    })
    expect(parseCommandLine(['--help'])).toBe('help')
  })
})

describe('a line for a request', () => {
  const entry = {
    at: new Date('2026-01-01T12:03:04Z'),
    method: 'POST',
    path: '/x',
    verb: 'create',
    resource: 'events',
    name: '',
    namespace: 'default',
    code: 201,
    user: 'u',
    userAgent: '',
  }

  it('says what happened, in one line, whatever is in it', () => {
    const body = { metadata: { name: 'e' }, type: 'Warning', reason: 'Hung', count: 3, message: 'a\u001b[2Jb\nc' }
    expect(renderRequest({ ...entry, body })).toBe('12:03:04 201 create events default/e: Warning Hung x3: a [2Jb c')
  })

  it('is not made for what only reads and succeeds', () => {
    expect(renderRequest({ ...entry, verb: 'get', code: 200 })).toBeUndefined()
    expect(renderRequest({ ...entry, verb: 'get', name: 'e', code: 404 })).toBe('12:03:04 404 get events default/e')
  })
})
