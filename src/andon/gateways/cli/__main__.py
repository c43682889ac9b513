import sys

from andon.gateways.cli.command import main

sys.exit(main())
