/** Quantities in their canonical form: no fraction, the largest suffix that loses nothing. */

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+|[numkMGTPE]i?|[KMGTPE]i)?$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const
const NANO = 10n ** 9n

/** "16384Ki" → "16Mi", "4000m" → "4"; undefined when it is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const scale = scaleOf(suffix)
  if (scale === undefined) return undefined
  const digits = BigInt(`${whole}${fraction}`) * scale
  const divisor = 10n ** BigInt(fraction.length)
  // Below a billionth it is rounded up, as the real one does.
  const nano = (digits + divisor - 1n) / divisor
  const value = suffix.endsWith('i') && nano >= 1024n * NANO ? inBinary(nano) : inDecimal(nano, /^[eE]/.test(suffix))
  return sign === '-' && nano !== 0n ? `-${value}` : value
}

/** How many billionths one is. */
function scaleOf(suffix: string): bigint | undefined {
  if (/^[eE][+-]?\d/.test(suffix)) {
    const exponent = Number(suffix.slice(1))
    return exponent < -9 || exponent > 30 ? undefined : 10n ** BigInt(exponent + 9)
  }
  const binary = BINARY.indexOf(suffix as 'Ki')
  if (binary >= 0) return NANO * 1024n ** BigInt(binary)
  const decimal = DECIMAL.indexOf(suffix as 'n')
  return decimal < 0 ? undefined : 10n ** BigInt(decimal * 3)
}

function inBinary(nano: bigint): string {
  let value = (nano + NANO - 1n) / NANO
  let step = 0
  while (value % 1024n === 0n && step < BINARY.length - 1) {
    value /= 1024n
    step += 1
  }
  return `${value}${BINARY[step]}`
}

function inDecimal(nano: bigint, isExponent: boolean): string {
  if (nano === 0n) return '0'
  let value = nano
  let step = 0
  while (value % 1000n === 0n && step < DECIMAL.length - 1) {
    value /= 1000n
    step += 1
  }
  if (!isExponent || step === 3) return `${value}${DECIMAL[step]}`
  return `${value}e${step * 3 - 9}`
}
