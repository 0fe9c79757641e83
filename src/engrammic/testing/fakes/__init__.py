"""Stand-ins for services that nobody can start on a laptop: they speak the wire, not more.

They are no databases. Each answers the real client as the service would, and
refuses what the service refuses, as far as its public documents tell.
"""
