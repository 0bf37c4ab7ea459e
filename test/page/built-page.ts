import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPage } from '../../scripts/build-page.ts'

export interface BuiltPage extends AsyncDisposable {
  readonly dir: string
}

/** The page as it is now, in a folder of its own. @param withMap beside its source map, which it does not name */
export async function buildScratchPage(withMap = false): Promise<BuiltPage> {
  const scratch = await mkdtemp(join(tmpdir(), 'nd-built-page-'))
  const dir = join(scratch, 'page')
  await buildPage(dir, withMap)
  return {
    dir,
    async [Symbol.asyncDispose]() {
      await rm(scratch, { recursive: true, force: true })
    },
  }
}
