import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Finding } from '#monitor-kit'
import { startFixture } from '#monitor-kit/testing'
import { gpuHealth } from './checks/gpu-health-check/check.ts'
import { schema } from './checks/gpu-health-check/config.ts'
import { gpuKernelLog } from './checks/gpu-kernel-log/check.ts'
import { schema as kernelLogSchema } from './checks/gpu-kernel-log/config.ts'
import { fixturesOf } from './fixtures-of.ts'
import { type GpuCheck, NUMBERS, numbersOf } from './numbers.ts'
import { sharedOver } from './testing-shared.ts'

const folderOf = (check: GpuCheck) => join(import.meta.dirname, 'checks', check, 'fixtures')
const built = [...new Set(NUMBERS.map(({ check }) => check))].filter((check) => existsSync(folderOf(check)))

test('every numbered check of a check that there is has a machine that shows it', () => {
  expect(built).toContain('gpu-health-check')
  const without = built.flatMap((check) => {
    const fixtures = readdirSync(folderOf(check))
    return numbersOf(check).filter((one) => fixturesOf(one, fixtures).length === 0)
  })
  expect(without.map(({ number, id }) => `${number} ${id}`)).toEqual([])
})

test('a machine shows the check whose key its name begins with, the longest of them', () => {
  const names = ['sick-throttle', 'sick-throttle-time', 'sick-ecc-mode-off', 'well-throttle', 'sick-other']
  const of = (id: string) => fixturesOf({ id }, names)
  expect([of('throttle'), of('throttle-time'), of('ecc-mode'), of('other')]).toEqual([
    ['sick-throttle'],
    ['sick-throttle-time'],
    ['sick-ecc-mode-off'],
    [],
  ])
})

/** The first problem of a condition within six looks. */
async function problemOn(folder: string, condition: string) {
  const keys = join(folder, 'config.json')
  const config = schema.parse(existsSync(keys) ? JSON.parse(readFileSync(keys, 'utf8')) : {})
  await using check = await startFixture(gpuHealth, { folder, config, sharedOver })
  for (let look = 0; look < 6; look++) {
    const { findings } = await check.run()
    const found = findings.find((one) => one.type === condition && one.health === 'problem')
    if (found !== undefined) return found
  }
  return undefined
}

const numbered = numbersOf('gpu-health-check').flatMap((one) =>
  fixturesOf(one, readdirSync(folderOf('gpu-health-check'))).map((name) => ({ ...one, name })),
)

const told = NUMBERS.flatMap((one) =>
  fixturesOf(one, readdirSync(folderOf('gpu-kernel-log'))).map((name) => ({ ...one, name })),
)

test('the kernel’s log says something of checks that others look at, too', () => {
  const numbers = [...new Set(told.map(({ number }) => number))]
  expect(numbers).toEqual([2, 3, 4, 5, 6, 7, 26, 33, 40, 41])
})

test.each(told)('$number is told by the kernel’s log on $name', async ({ name, condition }) => {
  const folder = join(folderOf('gpu-kernel-log'), name)
  await using check = await startFixture(gpuKernelLog, { folder, config: kernelLogSchema.parse({}), sharedOver })
  await using following = check.follow()
  const findings: Finding[] = []
  while (!findings.some((one) => one.type === condition && one.health === 'problem'))
    findings.push(...(await following.next()).findings)
  expect(findings.filter(({ health }) => health === 'unknown')).toEqual([])
})

test.each(numbered)('$number is found on $name', async ({ name, condition, mode, severity }) => {
  const found = await problemOn(join(folderOf('gpu-health-check'), name), condition)
  expect(['warning', 'error', severity]).toContain(found?.severity)
  expect(found?.observeOnly === true).toBe(mode === 'observe')
})
