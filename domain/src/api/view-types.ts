import type { CameraId, Placement } from '../camera.ts';
import type { ViewApproval, ViewState } from '../view-approval.ts';

/**
 * Reference pictures and their approval (ballot secrecy). Until a camera inside a polling station is
 * approved, everything that shows its pictures answers VIEW_UNAPPROVED to people without
 * `view.approve`; {@link ViewApproval} of `CameraView.approval` says so beforehand.
 *
 *   POST /api/cameras/:id/views                  → ReferenceView (taken now)      view.propose
 *   GET  /api/cameras/:id/views                  → ReferenceView[], newest first  status.read
 *   GET  /api/cameras/:id/views/:viewId/picture.jpg  image/jpeg                   view.approve
 *   POST /api/cameras/:id/views/:viewId/approve  → ReferenceView                  view.approve
 *   POST /api/cameras/:id/views/:viewId/reject   RejectViewBody → ReferenceView   view.approve
 *   GET  /api/views?state=waiting&limit&after    → ReferenceView[], oldest first  view.approve
 *
 * Faults: VIEW_UNKNOWN, VIEW_DECIDED (superseded or decided meanwhile: load again),
 * VIEW_APPROVER_SAME (another person has to approve), CAMERA_… when no picture could be taken.
 */
export interface ReferenceView {
  readonly id: number;
  readonly cameraId: CameraId;
  readonly cameraCode: string;
  readonly stationCode: string;
  readonly stationName: string;
  readonly stationNameUr: string;
  readonly districtCode: string;
  readonly placement: Placement;
  readonly booth: number | null;
  readonly state: ViewState;
  /** A newer picture took its place, or the camera was moved: it can be decided no more. */
  readonly superseded: boolean;
  readonly takenAtMs: number;
  readonly takenBy: string;
  readonly pictureSha256: string;
  /** The gateway's measure of the picture is known: the live view is compared with it. */
  readonly comparable: boolean;
  readonly approvalsNeeded: 1 | 2;
  readonly approvals: readonly { readonly by: string; readonly atMs: number }[];
  readonly rejection: {
    readonly by: string;
    readonly atMs: number;
    readonly reason: string;
  } | null;
  /** The picture that is approved now, to compare with; null when there is none. */
  readonly approvedViewId: number | null;
}

export interface RejectViewBody {
  readonly reason: string;
}

export type { ViewApproval, ViewState };
