# syntax=docker/dockerfile:1
# docker build -t advisor . && docker run --rm --read-only -v "$PWD:/work:ro" advisor audit deploy
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE hatch_build.py ./
COPY rules/ rules/
COPY advisor/ advisor/
RUN python -m venv /opt/advisor \
    && /opt/advisor/bin/pip install --no-cache-dir --no-compile . \
    && /opt/advisor/bin/python -m compileall -q /opt/advisor/lib \
    && /opt/advisor/bin/pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/advisor /opt/advisor
ENV PATH=/opt/advisor/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
# Nobody in particular: it reads what is mounted, and writes only where a report is asked for.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["advisor"]
CMD ["--help"]
