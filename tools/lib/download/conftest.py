from tools.lib.download.testing_fixtures import machine as machine
from tools.lib.download.testing_fixtures import other as other
from tools.lib.download.testing_fixtures import server as server
