# The two commands of this project: `make run` and `make test`. Both set up what they need.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
DATA ?= ../shared/data
MESSAGES := shop/locale/zh_Hans/LC_MESSAGES/django
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PORT

.PHONY: run test check format messages real reproduce-model bench-ask bench-search bench-shop bench-loans clean bench-offers bench-foryou bench-behaviour audit bench-tags bench-freshness

run: .venv/ready
	@exec $(BIN)/python -m config.serve

test: .venv/ready-for-tests
	@exec $(BIN)/python -m tests.profiles $(ARGS)

check: .venv/ready-for-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	@exec $(BIN)/python -m tests.profiles $(ARGS)

audit: .venv/ready-for-tests
	@exec $(BIN)/python -m config.advisories

format: .venv/ready-for-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Extracts what is to be translated and compiles what is; needs gettext. Sorted, and without dates, places
# and guesses: only a changed sentence changes the file.
messages: .venv/ready
	@$(BIN)/python manage.py makemessages --locale zh_Hans --no-location --no-obsolete --verbosity 0 \
		$(addprefix --ignore=,.venv var build tests benchmarks seq2label docs)
	@msgattrib --sort-output --clear-fuzzy --empty --clear-previous -o $(MESSAGES).new $(MESSAGES).po
	@sed '/^"POT-Creation-Date:/d' $(MESSAGES).new > $(MESSAGES).po
	@rm $(MESSAGES).new
	@msgfmt --check-format --statistics --output-file $(MESSAGES).mo $(MESSAGES).po

real: .venv/ready
	@exec $(BIN)/python -m benchmarks.first_slice --data "$(DATA)" $(ARGS)

bench-ask: .venv/ready
	@$(BIN)/python -m pip install --quiet "bm25s~=0.3"
	@exec $(BIN)/python -m benchmarks.ask --report docs/benchmarks/ask.md $(ARGS)

# Needs MariaDB or MySQL; ARGS="--products 400 --reviews 3000 --seconds 3 --orders 20" is a quick look.
bench-shop: .venv/ready
	@$(BIN)/python -m pip install --quiet --use-pep517 --editable ".[bench,service]"
	@exec $(BIN)/python -m benchmarks.shop --report docs/benchmarks/shop.md $(ARGS)

bench-search: .venv/ready
	@exec $(BIN)/python -m benchmarks.search --report docs/benchmarks/search.md \
		--texts "$(DATA)/amazon/Grocery_and_Gourmet_Food.json.gz" $(ARGS)

bench-loans: .venv/ready
	@exec $(BIN)/python -m benchmarks.loans --report docs/benchmarks/loans.md $(ARGS)

bench-offers: .venv/ready
	@OMP_NUM_THREADS=1 exec $(BIN)/python -m benchmarks.loan_offers --data "$(DATA)/loan/loan_data.csv.gz" \
		--report docs/benchmarks/loan-offers.md $(ARGS)

bench-behaviour: .venv/ready
	@exec $(BIN)/python -m benchmarks.behaviour --report docs/benchmarks/behaviour.md $(ARGS)

bench-foryou: .venv/ready
	@$(BIN)/python -m pip install --quiet "implicit~=0.7"
	@exec $(BIN)/python -m benchmarks.for_you --report docs/benchmarks/for-you.md $(ARGS)

bench-tags: .venv/ready
	@exec $(BIN)/python -m benchmarks.tags --reviews "$(DATA)/amazon/Grocery_and_Gourmet_Food.json.gz" \
		--report docs/benchmarks/tags.md $(ARGS)

bench-freshness: .venv/ready
	@exec $(BIN)/python -m benchmarks.freshness --report docs/benchmarks/freshness.md $(ARGS)

reproduce-model: .venv/ready
	@exec $(BIN)/python manage.py train_seq2label --pairs "$(DATA)/labels/pairs.jsonl.gz" \
		--reviews "$(DATA)/amazon/Grocery_and_Gourmet_Food.json.gz" "$(DATA)/amazon/loose_reviews.csv.gz" \
		--out seq2label/checkpoints/default --card docs/model-cards/seq2label.md $(ARGS)

# torch goes in first and by itself: an unpinned one would bring several GB that nothing here needs.
.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else \
		"Larder needs Python 3.11 to 3.13, this is %d.%d: run make PYTHON=python3.11 ..." % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python cannot make virtual environments: install its venv package (Debian: apt-get install python3-venv)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what Larder needs (some minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet "torch==2.13.0"
	@$(BIN)/python -m pip install --quiet --use-pep517 --editable .
	@if pkg-config --exists mysqlclient 2>/dev/null || pkg-config --exists libmariadb 2>/dev/null; \
		then $(BIN)/python -m pip install --quiet --use-pep517 --editable ".[service]"; \
		else echo "No MySQL headers here: the service profile (MySQL, Redis) is left out; SQLite serves."; fi
	@touch $@

.venv/ready-for-tests: .venv/ready
	@$(BIN)/python -m pip install --quiet --use-pep517 --editable ".[dev]"
	@touch $@

clean:
	rm -rf .venv var build *.egg-info .mypy_cache .ruff_cache .pytest_cache
