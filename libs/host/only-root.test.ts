import { chmod } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { systemClock } from '#clock'
import { whyNotRoots } from './only-root.ts'
import { tempFolder, writeTree } from './testing.ts'

it('looks at the file itself, however its path is written', async () => {
  await using folder = await tempFolder()
  await writeTree(folder.path, { 'opt/x.sh': '#!/bin/sh\n' })
  await chmod(folder.path, 0o755)
  await chmod(`${folder.path}/opt/x.sh`, 0o4755)
  const why = (path: string): Promise<string> => whyNotRoots(systemClock(), folder.path, path)
  for (const path of ['/opt/x.sh', '/opt//x.sh', '//opt/x.sh', '/opt/x.sh/'])
    expect(await why(path)).toBe('/opt/x.sh is set-uid or set-gid')
  await chmod(`${folder.path}/opt/x.sh`, 0o644)
  expect(await why('/opt//x.sh')).toBe('/opt/x.sh may not be executed')
  await chmod(`${folder.path}/opt/x.sh`, 0o755)
  expect(await why('/opt//x.sh')).toBe('')
  expect(await why('/opt/../opt/x.sh')).toContain('is no absolute path')
})
