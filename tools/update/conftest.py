from tools.lib.updates.testing_fixtures import project as project
