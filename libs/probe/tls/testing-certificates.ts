/** Certificates of an authority of the test's own, made by openssl, of any time and for any name. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Both as PEM. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

/** What a certificate says. */
export interface Wish {
  /** Default "DNS:good.test,IP:127.0.0.1"; "" for none. */
  readonly names?: string
  /** As "20200101000000Z"; default 2020 to 2090. */
  readonly from?: string
  readonly to?: string
}

export interface Authority {
  /** As PEM. */
  readonly cert: string
  issue(wish?: Wish): Issued
  /** One that is an authority itself, with this one's certificate behind its own in what it issues. */
  below(wish?: Wish): Authority
}

const CONFIG = `[ca]
default_ca=x
[x]
database=index
serial=serial
new_certs_dir=.
default_md=sha256
policy=p
copy_extensions=copy
unique_subject=no
[p]
commonName=supplied
`
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** @param folder its own, in which all of it is written */
export function createAuthority(folder: string, subject = 'test authority'): Authority {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  writeFileSync(join(folder, 'ca.cnf'), CONFIG)
  writeFileSync(join(folder, 'index'), '')
  writeFileSync(join(folder, 'serial'), '01')
  openssl('req', '-x509', ...KEY, '-keyout', 'a0.key', '-out', 'a0.pem', '-subj', `/CN=${subject}`, '-days', '9000')
  let last = 0

  function issuedBy(
    issuer: string,
    subjectName: string,
    extension: string,
    { from = '20200101000000Z', to = '20900101000000Z' }: Wish,
  ): string {
    const name = `c${++last}`
    const extensions = extension === '' ? [] : ['-addext', extension]
    openssl(
      'req',
      ...KEY,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${subjectName}`,
      ...extensions,
    )
    const period = ['-startdate', from, '-enddate', to]
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-cert',
      `${issuer}.pem`,
      '-keyfile',
      `${issuer}.key`,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
      ...period,
    )
    return name
  }
  function authority(own: string, behind: string): Authority {
    return {
      cert: read(`${own}.pem`),
      issue({ names = 'DNS:good.test,IP:127.0.0.1', ...wish } = {}) {
        const name = issuedBy(own, 'good.test', names === '' ? '' : `subjectAltName=${names}`, wish)
        return { cert: read(`${name}.pem`) + behind, key: read(`${name}.key`) }
      },
      below(wish = {}) {
        const name = issuedBy(own, 'between', 'basicConstraints=critical,CA:TRUE', wish)
        return authority(name, read(`${name}.pem`) + behind)
      },
    }
  }
  return authority('a0', '')
}

/** One that has signed itself. */
export function selfSigned(folder: string): Issued {
  const args = [
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    's.key',
    '-out',
    's.pem',
    '-subj',
    '/CN=good.test',
    '-addext',
    'subjectAltName=DNS:good.test',
  ]
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  return { cert: readFileSync(join(folder, 's.pem'), 'utf8'), key: readFileSync(join(folder, 's.key'), 'utf8') }
}
