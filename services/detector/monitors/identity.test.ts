import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { KnownMonitor } from './declare.ts'
import { ownUsers, takenAs } from './identity.ts'

const OURS: KnownMonitor = {
  name: 'gpu',
  origin: 'built-in',
  socket: '/run/node-doctor/monitors/gpu/gpu.sock',
  conditions: [],
  expected: false,
  isByWord: true,
}

const HOME: KnownMonitor = { ...OURS, isAtHome: true }

const TYPES = DescribeResponse.fromPartial({ conditionTypes: [{ type: 'GPUHealthy' }] }).conditionTypes

function described(name: string, ...checkTypes: string[]) {
  return DescribeResponse.fromPartial({
    name,
    checks: checkTypes.map((checkType) => ({ check: 'one', checkType })),
  })
}

const dir = mkdtempSync(join(tmpdir(), 'nd-identity-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** The monitor, at a socket of this user's outside of its own place. */
function socketOf(uid: number): KnownMonitor {
  const socket = join(dir, `${uid}.sock`)
  writeFileSync(socket, '')
  chownSync(socket, uid, uid)
  return { ...OURS, socket }
}

describe('who stands where a monitor of ours may stand', () => {
  it('is that monitor where it describes itself so: by its name and a check that is that monitor’s', async () => {
    expect(await takenAs(HOME, described('gpu', 'vendor-check', 'gpu-health-check'))).toBe(HOME)
  })

  it('is that monitor, too, where it bears its name and says nothing: on a machine without what it watches it has no check', async () => {
    expect(await takenAs(HOME, described('gpu'))).toBe(HOME)
  })

  it.each([
    ['speaks the older protocol alone', undefined],
    ['has another name', described('gpu-monitor', 'gpu-health-check')],
    ['has another name and nothing to say', described('gpu-monitor')],
    ['has no check, and conditions all the same', { ...described('gpu'), conditionTypes: TYPES }],
    ['has checks of its own', described('gpu', 'gpu-check')],
    ['has a check of another monitor of ours', described('gpu', 'system-cpu')],
  ])('is not taken where it %s', async (_what, words) => {
    await expect(takenAs(HOME, words)).rejects.toThrow(
      "who listens on /run/node-doctor/monitors/gpu/gpu.sock does not describe itself as Node Doctor's own monitor gpu; give that plug-in another name, or take it away",
    )
  })

  it('is bounded as a plug-in where its socket is of a user that ours never runs as', async () => {
    const words = described('gpu', 'gpu-health-check')
    for (const uid of [0, 65_111]) {
      const known = socketOf(uid)
      expect(await takenAs(known, words)).toBe(known)
    }
    expect((await takenAs(socketOf(65_110), words)).origin).toBe('discovered')
    expect((await takenAs({ ...OURS, socket: join(dir, 'none.sock') }, words)).origin).toBe('discovered')
    expect(ownUsers('gpu')).toEqual([0, 65_111])
  })

  it('is whom its place names where no other may stand there, whatever it says', async () => {
    const fixed: KnownMonitor = { ...OURS, isByWord: undefined }
    expect(await takenAs(fixed, undefined)).toBe(fixed)
    expect(await takenAs(fixed, described('x'))).toBe(fixed)
  })
})
