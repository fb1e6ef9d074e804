"""Carriers of SMS and voice calls. None imports a vendor's SDK; all were run against emulated servers only."""
