/**
 * Who may listen to live sound: a {@link ListeningPolicy} of `live-sound.ts`.
 *
 *   GET /api/settings/listening                      ListeningPolicy                      status.read
 *   PUT /api/settings/listening                      ListeningPolicy → ListeningPolicy    setting.manage
 *
 * Listening itself goes by the WebSocket (`live.listen`). `SessionView.actions` has `live.listen` when
 * the policy gives it. The audit trail has `live.listen-start`, `live.listen-stop` and `setting.listening`.
 */
export type { ListeningPolicy } from '../live-sound.ts';
