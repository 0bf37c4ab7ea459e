import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findAccess } from './access.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-access-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function kubeconfig(user: unknown, cluster: Record<string, unknown> = {}): Promise<string> {
  const path = join(dir, 'kubeconfig')
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'team' } }],
    clusters: [{ name: 'k', cluster: { server: 'https://api.example:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
  }
  await writeFile(path, JSON.stringify(content))
  return path
}

describe('the way to the API server', () => {
  it('of a pod is its own account, and what is read anew after a rotation', async () => {
    await writeFile(join(dir, 'token'), 'one\n')
    await writeFile(join(dir, 'ca.crt'), 'CA')
    await writeFile(join(dir, 'namespace'), 'node-doctor')
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', KUBECONFIG: '/elsewhere' }
    const access = await findAccess({ env, accountDir: dir })
    expect([access.server, access.origin, access.namespace]).toEqual([
      'https://[fd00::1]:443',
      "the pod's service account",
      'node-doctor',
    ])
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer one' })
    await writeFile(join(dir, 'token'), 'two\n')
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer one' })
    access.renew()
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer two' })
  })

  it('of a pod without a token says what is missing', async () => {
    const access = await findAccess({ env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, accountDir: dir })
    await expect(access.credentials()).rejects.toThrow(
      `cannot find the way to the API server in ${dir}/token: ENOENT: no such file or directory, open '${dir}/token'; give the container the pod's service-account token`,
    )
  })

  it('of a kubeconfig has its server, its context and its token', async () => {
    const file = await kubeconfig({ token: 'secret' }, { 'insecure-skip-tls-verify': true, 'tls-server-name': 'api' })
    const access = await findAccess({ kubeconfig: file, env: { KUBERNETES_SERVICE_HOST: 'x' } })
    expect([access.server, access.origin, access.namespace]).toEqual([
      'https://api.example:6443',
      `kubeconfig ${file}, context c`,
      'team',
    ])
    expect(await access.credentials()).toMatchObject({
      headers: { authorization: 'Bearer secret' },
      verify: false,
      serverName: 'api',
    })
  })

  it('of a kubeconfig may be a password, or a program that knows', async () => {
    const basic = await findAccess({ kubeconfig: await kubeconfig({ username: 'u', password: 'p' }), env: {} })
    expect((await basic.credentials()).headers).toEqual({
      authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
    })
    const program = join(dir, 'login')
    const answer = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'made' },
    })
    await writeFile(program, `#!/bin/sh\necho '${answer}'\n`)
    await chmod(program, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: program, args: [] }
    const access = await findAccess({ kubeconfig: await kubeconfig({ exec }), env: {} })
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer made' })
  })

  it('is found as kubectl finds it: KUBECONFIG, then the user’s own file', async () => {
    const file = await kubeconfig({ token: 't' })
    expect((await findAccess({ env: { KUBECONFIG: `:${file}:/other` } })).origin).toContain(file)
    await mkdir(join(dir, '.kube'))
    await copyFile(file, join(dir, '.kube/config'))
    expect((await findAccess({ env: { HOME: dir } })).origin).toContain('.kube/config')
  })

  it('that is not there is said with what to do', async () => {
    await expect(findAccess({ env: { HOME: dir } })).rejects.toThrow(
      'this is no pod (KUBERNETES_SERVICE_HOST is not set) and no kubeconfig is named; set settings.kubeconfig (--set settings.kubeconfig=FILE; of cleanup --kubeconfig FILE), or KUBECONFIG',
    )
    await expect(findAccess({ kubeconfig: join(dir, 'none'), env: {} })).rejects.toThrow(
      `kubeconfig ${dir}/none: ENOENT`,
    )
  })

  it('by ways that are left out is refused by name', async () => {
    const cloud = await kubeconfig({ 'auth-provider': { name: 'gcp', config: {} } })
    await expect(findAccess({ kubeconfig: cloud, env: {} })).rejects.toThrow('auth-provider "gcp" is not supported')
    const proxied = await kubeconfig({ token: 't' }, { 'proxy-url': 'http://proxy:3128' })
    await expect(findAccess({ kubeconfig: proxied, env: {} })).rejects.toThrow('proxy-url is not supported')
  })
})
