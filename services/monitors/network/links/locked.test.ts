/** What waits for the kernel's lock of interfaces holds nobody up. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createHost, type Host, HostExecError, HostReadError } from '#host'
import type { CheckDefinition } from '#monitor-kit'
import { readMonitorRoom } from '#monitor-kit/contract'
import { startCheck } from '#monitor-kit/testing'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { LOCKED, readLocked } from './locked.ts'

const MONITOR = join(import.meta.dirname, '..')
const room = await readMonitorRoom(MONITOR)

const isLocked = (path: string) => LOCKED.some((name) => path.endsWith(`/${name}`))

/** A machine on which a driver holds the lock, as long as `isHeld`. What is asked meanwhile does not answer. */
function machine(root: string) {
  // Of this machine no program is run.
  const { programs } = createHost({ root: '' })
  const run = (file: string) => Promise.reject(new HostExecError({ file, code: 'ENOENT' }))
  const host = createHost({ root, programs: { ...programs, run } })
  const lock = { isHeld: true, asked: [] as string[], inThread: [] as string[] }
  const files: Host['files'] = {
    ...host.files,
    readEach(paths) {
      lock.inThread.push(...paths.filter(isLocked))
      return host.files.readEach(paths)
    },
    readText(path, options) {
      if (!lock.isHeld || !isLocked(path)) return host.files.readText(path, options)
      lock.asked.push(path)
      return Promise.reject(new HostReadError({ action: 'read', path, code: 'TIMEOUT' }))
    },
  }
  return { host: { ...host, files }, lock }
}

describe('what the kernel tells under its lock of interfaces', () => {
  const over = { links: 'well-metal/1', 'ipv6-route': 'sick-expected', 'ipv6-neighbor': 'well-dual-stack' }

  it.each(Object.entries(over))(
    '%s is not asked for it in its thread, and knows nothing while it is held',
    async (name, fixture) => {
      const { definition, schema } = room.checks.find((check) => check.name === name)!
      await using folder = await tempFolder()
      await cp(join(MONITOR, 'checks', name, 'fixtures', fixture), folder.path, { recursive: true })
      const { host, lock } = machine(folder.path)
      const config = schema.parse(name === 'ipv6-route' ? { expectDefaultRoute: true } : {})
      const check = startCheck(definition as CheckDefinition<unknown>, { root: folder.path, host, config })
      const { findings } = await check.run()
      expect(lock.asked).toHaveLength(1)
      expect(new Set(findings.map(({ health, reason }) => `${health} ${reason}`))).toEqual(
        new Set(['unknown ReadTimedOut']),
      )
      lock.isHeld = false
      const after = await check.run()
      expect(after.findings.filter(({ health }) => health === 'unknown')).toEqual([])
      expect(lock.inThread).toEqual([])
    },
  )

  it('is asked one by one, whoever asks, and first what did not answer', async () => {
    const { host, lock } = machine('/nowhere')
    const paths = ['/sys/class/net/a/carrier', '/sys/class/net/b/carrier']
    const settled = await Promise.allSettled([readLocked(host, paths), readLocked(host, paths.toReversed())])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(new Set(lock.asked)).toEqual(new Set([paths[0]]))
    lock.isHeld = false
    expect(await readLocked(host, paths)).toEqual([undefined, undefined])
  })
})
