/** Configured checks that tests run quickly. */

/** A check every second. */
export function quickCheck(name: string, type: string, config?: object): object {
  return { name, type, enabled: true, interval: '1s', timeout: '500ms', ...(config ? { config } : {}) }
}

export function memoryCheck(): object {
  return quickCheck('memory', 'system-memory')
}

/** Warns at 80 % and is critical at 90 %. */
export function diskCheck(mount: string): object {
  return quickCheck('disk', 'disk-health-check', {
    paths: [{ path: mount, warningThreshold: 80, criticalThreshold: 90 }],
  })
}

/** A configuration with these checks alone. */
export function withChecks(...checks: readonly object[]): Record<string, unknown> {
  return { monitors: checks }
}
