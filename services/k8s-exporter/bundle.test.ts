/** What of the Kubernetes client is left out of the bundle is not needed by what is in it. */
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { leanKubeClient } from '../../scripts/build/lean.ts'

async function bundled(plugins: Parameters<typeof build>[0]['plugins']) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { findAccess } from '#kube'",
      resolveDir: new URL('../..', import.meta.url).pathname,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'error',
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    ...(plugins === undefined ? {} : { plugins }),
  })
  return { text: outputFiles?.[0]?.text ?? '', inputs: Object.keys(metafile?.inputs ?? {}) }
}

describe('the bundled Kubernetes client', () => {
  it('is its kubeconfig alone: no generated classes, no HTTP client', async () => {
    const { inputs, text } = await bundled([leanKubeClient])
    expect(
      inputs.filter(
        (path) => !path.startsWith('left-out:') && /client-node\/dist\/gen\/|\/undici\/|openid-client|socks/.test(path),
      ),
    ).toEqual([])
    expect(text.length).toBeLessThan(400_000)
  })

  it('reads a kubeconfig as the whole one does', async () => {
    const { text } = await bundled([leanKubeClient])
    const module = (await import(
      `data:text/javascript;base64,${Buffer.from(text.replace('import.meta.url', "'file:///x'")).toString('base64')}`
    )) as {
      findAccess: (options: { kubeconfig: string; env: object }) => Promise<unknown>
    }
    await expect(module.findAccess({ kubeconfig: '/nowhere', env: {} })).rejects.toThrow('kubeconfig /nowhere: ENOENT')
  })
})
