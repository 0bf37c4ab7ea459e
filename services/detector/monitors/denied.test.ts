import { chmodSync, renameSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { asNobody } from '../../../libs/rpc/testing-nobody.ts'
import { type Bench, condition, createBench, LOST_MS, pluginAt, polled } from './testing.ts'

const WAIT = { timeout: 15_000 }
const NOBODY = 65534

/** While the process is nobody, for a moment as root again, who alone may change the file. */
function asOwner(work: () => void): void {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(0)
  work()
  if (isRoot) process.seteuid?.(NOBODY)
}

function lastErrorOf(bench: Bench, name: string): string | undefined {
  return bench.engine.state.monitors.get(name)?.lastError
}

it('names permission, mode, owner and who tried where a socket may not be opened, and not that nobody listens', async () => {
  await using bench = await createBench()
  await chmod(bench.dir, 0o755)
  const server = createServer((socket) => socket.destroy())
  const made = join(bench.dir, '.made')
  const path = join(bench.dir, 'locked.sock')
  await new Promise<void>((resolve) => server.listen(made, resolve))
  await chmod(made, 0)
  const owner = `owner uid ${process.geteuid?.()}, group gid ${process.getegid?.()}`
  renameSync(made, path)
  await asNobody(async () => {
    const who = `this process is uid ${process.geteuid?.()}, gid ${process.getegid?.()}, `
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${path}`), { timeout: 15_000 })
      .toContain(
        `${path} is not taken as a monitor: no permission to connect to it: it has mode 0000, ${owner}; ${who}`,
      )
  })
  await new Promise((resolve) => server.close(resolve))
}, 20_000)

it('takes it as soon as it may be opened, and blames nothing else meanwhile', async () => {
  await using bench = await createBench()
  await chmod(bench.dir, 0o755)
  const path = join(bench.dir, 'locked.sock')
  await bench.serve('.made', [polled(() => ({ conditions: [condition('Hot')] }))])
  const made = join(bench.dir, '.made')
  await chmod(made, 0)
  renameSync(made, path)
  await asNobody(async () => {
    await expect.poll(() => bench.problem('MonitorRefused', `socket:${path}`), WAIT).toContain('it has mode 0000')
    asOwner(() => chmodSync(path, 0o666))
    // Sooner than a socket that nobody listens on is tried again.
    await expect.poll(() => bench.fleet.names(), { timeout: 4000 }).toEqual(['locked'])
  })
  expect(bench.lines.filter((line) => line.includes('security module'))).toEqual([])
}, 30_000)

it('says permission of a monitor that is polled too, and forgets none whose socket may not be opened', async () => {
  const plugins = (dir: string) => [pluginAt('named', join(dir, 'named', 'x.sock'), { intervalMs: 60_000 })]
  await using bench = await createBench({ plugins, forgetAfterMs: 500 })
  await chmod(bench.dir, 0o755)
  const services = [polled(() => ({ conditions: [condition('Hot')] }))]
  const first = [await bench.serve('named/x.sock', services), await bench.serve('found.sock', services)]
  const paths = { named: join(bench.dir, 'named', 'x.sock'), found: join(bench.dir, 'found.sock') }
  for (const path of Object.values(paths)) chmodSync(path, 0o666)
  chmodSync(join(bench.dir, 'named'), 0o755)
  for (const made of ['.named', '.found']) await bench.serve(made, services)
  const isAlive = (name: string) => bench.engine.state.monitors.get(name)?.health
  for (const name of ['named', 'found']) await expect.poll(() => isAlive(name), WAIT).toBe('alive')
  await asNobody(async () => {
    asOwner(() => {
      for (const [name, path] of Object.entries(paths)) {
        chmodSync(join(bench.dir, `.${name}`), 0)
        renameSync(join(bench.dir, `.${name}`), path)
      }
    })
    // A connection that stands is one that may stand.
    for (const server of first) await server.close(0)
    for (const name of ['named', 'found'] as const)
      await expect
        .poll(() => lastErrorOf(bench, name), WAIT)
        .toContain(`no permission to connect to ${paths[name]}: it has mode 0000`)
    expect(JSON.stringify([bench.lines, bench.changes])).not.toContain('nobody listens')
    await expect.poll(() => isAlive('found'), WAIT).toBe('unreachable')
    await expect(bench.fleet.forget('found')).rejects.toThrow(
      'monitor found cannot be forgotten: somebody may listen on its socket, and there is no permission to ask: it has mode 0000',
    )
    // Looked at several times after it would have been forgotten.
    const looks = performance.now() + LOST_MS + 2500
    await expect.poll(() => performance.now(), WAIT).toBeGreaterThan(looks)
    expect(isAlive('found')).toBe('unreachable')
    expect(bench.lines.filter((line) => line.includes('was forgotten'))).toEqual([])
    asOwner(() => chmodSync(paths.found, 0o666))
    await expect.poll(() => isAlive('found'), WAIT).toBe('alive')
  })
}, 60_000)
