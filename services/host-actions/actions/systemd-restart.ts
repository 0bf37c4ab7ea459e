import { unitAction } from '../unit/act.ts'

export const systemdRestart = unitAction('restart', 'Restarts a unit of systemd')
