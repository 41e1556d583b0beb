"""Customers and their activities as SAP's read API shows them."""

from typing import Any

from mock_cdp.contract.entities import View
from mock_cdp.contract.times import time_text
from mock_cdp.core.profile import Activity, Profile


def profile_document(profile: Profile, view: View) -> dict[str, Any]:
    """Return a profile as SAP's read API shows it (members seen in client code).

    Assumed: first and last seen are receipt times like the others; purposes are ids, sorted. Segments and activity indicators
    are not computed.
    """
    first, last = time_text(profile.created_at), time_text(profile.updated_at)
    return {
        "_id": profile.id,
        "viewId": view.id,
        "created": first,
        "updated": last,
        "firstSeen": first,
        "lastSeen": last,
        "attributes": profile.attributes,
        "activityIndicators": [],
        "segments": [],
        "privacy": {"purposes": sorted(profile.purposes), "subscriptions": []},
    }


def activity_document(activity: Activity) -> dict[str, Any]:
    """Return an activity as SAP's read API shows it (members seen in client code)."""
    return {
        "_id": activity.id,
        "sourceId": activity.source_id,
        "created": time_text(activity.created_at),
        "attributes": activity.attributes,
    }
