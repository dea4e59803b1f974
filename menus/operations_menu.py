"""2, Tanium Operations: settings, the root's public half, the other appliances, the exchange."""

from menus import (
    console_banner_menu,
    drop_box_menu,
    fingerprints_menu,
    peers_menu,
    public_key_menu,
    registration_menu,
    relying_menu,
    roots_menu,
    services_menu,
    settings_menu,
    signing_keys_menu,
    soap_menu,
    trust_menu,
    zone_server_menu,
)
from menus.item import Menu
from tanos.message import N_

MENU = Menu(
    "2",
    N_("Tanium Operations"),
    (
        services_menu.MENU,
        settings_menu.MENU,
        registration_menu.MENU,
        soap_menu.INSTALL_LINE,
        signing_keys_menu.MENU,
        fingerprints_menu.LINE,
        soap_menu.DOWNLOAD_LINE,
        public_key_menu.EXPORT_LINE,
        soap_menu.MENU,
        public_key_menu.MENU,
        roots_menu.MENU,
        trust_menu.MENU,
        peers_menu.MENU,
        relying_menu.MENU,
        drop_box_menu.MENU,
        console_banner_menu.ADVANCED,
        zone_server_menu.MENU,
    ),
)
