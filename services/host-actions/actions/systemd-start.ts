import { unitAction } from '../unit/act.ts'

export const systemdStart = unitAction('start', 'Starts a unit of systemd')
