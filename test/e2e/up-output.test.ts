import { expect, it } from 'vitest'
import { upPlace } from './up-alone.ts'

const place = upPlace()

it('what up says stands on standard output, and what its processes log on standard error, where it is JSON for a file', async () => {
  const { printed, end } = await place.start('run')
  expect(await end('SIGTERM')).toBe(0)
  expect(printed.out).toMatch(/^\nNode Doctor watches .*\. All ready in [\d.]+ s\.\n\n {2}PROCESS /)
  expect(printed.out).toMatch(/\nStopped\.\n$/)
  expect(printed.out).not.toContain('{')
  const logged = printed.err.trim().split('\n')
  expect(logged.length).toBeGreaterThan(2)
  for (const line of logged) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) })
}, 60_000)
