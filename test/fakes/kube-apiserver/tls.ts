/** A certificate for this machine, made by openssl, and a kubeconfig that trusts it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface MadeTls {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  /** To be removed by whoever asked. */
  readonly dir: string
}

/** Signed by itself, for localhost and 127.0.0.1. @throws Error when openssl is missing or fails */
export function makeTls(): MadeTls {
  const dir = mkdtempSync(join(tmpdir(), 'fake-kube-apiserver-'))
  const [certFile, keyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1'
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
  try {
    execFileSync(
      'openssl',
      [...args, '-subj', '/CN=fake-kube-apiserver', '-addext', names, '-keyout', keyFile, '-out', certFile],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
  } catch (err) {
    throw new Error(
      `a certificate cannot be made with openssl: ${String(err)}; install openssl, or give cert and key`,
      {
        cause: err,
      },
    )
  }
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, dir }
}

export interface KubeconfigOptions {
  readonly server: string
  readonly ca: string | undefined
  readonly token: string
}

/** One cluster, one user. */
export function renderKubeconfig({ server, ca, token }: KubeconfigOptions): string {
  const trust = ca === undefined ? '' : `\n    certificate-authority-data: ${Buffer.from(ca).toString('base64')}`
  return `apiVersion: v1
kind: Config
current-context: test
clusters:
- name: test
  cluster:
    server: ${server}${trust}
users:
- name: test
  user:
    token: ${JSON.stringify(token)}
contexts:
- name: test
  context:
    cluster: test
    user: test
`
}

/** Never seen half written. */
export async function writeKubeconfigFile(path: string, options: KubeconfigOptions): Promise<void> {
  const part = `${path}.${process.pid}.part`
  await writeFile(part, renderKubeconfig(options), { mode: 0o640 })
  await rename(part, path)
}
